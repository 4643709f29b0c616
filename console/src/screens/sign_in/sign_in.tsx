import { useEffect, useRef, useState } from "preact/hooks";
import { type Arrival, setArrival, useArrival } from "../../arrival.ts";
import { useErrorText } from "../../auth_errors.ts";
import { type Farewell, useFarewell } from "../../farewell.ts";
import { setLanguage, useLanguage, useTexts } from "../../language.ts";
import { ErrorNotice } from "../../parts/notices.tsx";
import type { Session } from "../../session.ts";
import { ConfirmAddress } from "./confirm_address.tsx";
import { ForgottenPassword } from "./forgotten_password.tsx";
import { NewPassword } from "./new_password.tsx";
import { SecondFactor } from "./second_factor.tsx";
import { SignInForm } from "./sign_in_form.tsx";
import { SignUpForm } from "./sign_up_form.tsx";
import { TEXTS } from "./texts.ts";
import "./sign_in.css";

/** What a visitor is doing. */
export type Step = { name: "sign_in" | "sign_up" | "forgotten" } | { name: "confirm"; email: string };

/** Everything before the first screen. @param session of a user who is not in yet: a proof or a new password is missing */
export default function SignIn({ session }: { session: Session | null }) {
  const t = useTexts(TEXTS);
  const arrival = useArrival();
  const [step, setStep] = useState<Step>({ name: "sign_in" });
  const title = useRef<HTMLHeadingElement>(null);
  const change = (step: Step) => {
    if (arrival) setArrival(undefined);
    setStep(step);
  };
  const shown = session === null ? step.name : session.needsSecondFactor ? "second_factor" : "new_password";
  const titles = {
    sign_in: t.signIn,
    sign_up: t.signUp,
    forgotten: t.forgotten,
    confirm: t.confirmAddress,
    second_factor: t.secondFactor,
    new_password: t.newPassword,
  };
  useEffect(() => {
    document.title = titles[shown];
  }, [titles[shown]]);
  const isFirst = useRef(true);
  useEffect(() => {
    // The reader hears the new heading; at the first one, the browser says the title.
    if (!isFirst.current) title.current!.focus();
    isFirst.current = false;
  }, [shown]);
  return (
    <main class="centred sign-in">
      <p class="muted brand">
        <img src="./icon.svg" alt="" width="24" height="24" /> <span>{t.about}</span>
      </p>
      <h1 ref={title} tabIndex={-1}>{titles[shown]}</h1>
      {shown === "sign_in" && <Before arrival={arrival} />}
      {shown === "sign_in" && <SignInForm onStep={change} />}
      {shown === "sign_up" && <SignUpForm onStep={change} />}
      {shown === "forgotten" && <ForgottenPassword onStep={change} />}
      {step.name === "confirm" && shown === "confirm" && <ConfirmAddress email={step.email} onStep={change} />}
      {shown === "second_factor" && <SecondFactor />}
      {shown === "new_password" && <NewPassword email={session!.email} />}
      <LanguageChoice />
    </main>
  );
}

/** What happened before: how the last session ended, or what a mailed link brought. */
function Before({ arrival }: { arrival: Arrival | undefined }) {
  const t = useTexts(TEXTS);
  const errorText = useErrorText();
  const farewell = useFarewell();
  if (arrival?.kind === "error") return <ErrorNotice error={arrival.error} text={errorText(arrival.error)} />;
  if (arrival?.kind === "confirmed") return <p class="notice good" role="status">{t.confirmed}</p>;
  if (!farewell) return null;
  const text = farewell === "session_ended" ? errorText({ code: "session_ended" }) : t.farewells[farewell];
  return <p class={`notice ${toneOf(farewell)}`} role="status">{text}</p>;
}

function toneOf(farewell: Farewell): string {
  return farewell === "session_ended" ? "warn" : "good";
}

function LanguageChoice() {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  return (
    <label class="field language">
      <span>{t.language}</span>
      <select value={language} onChange={(event) => setLanguage(event.currentTarget.value === "de" ? "de" : "en")}>
        <option value="en" lang="en">English</option>
        <option value="de" lang="de">Deutsch</option>
      </select>
    </label>
  );
}
