import { useEffect, useState } from "preact/hooks";
import { lazy, Suspense } from "preact/compat";
import { useArrival } from "./arrival.ts";
import { useIsConsentMissing } from "./consent_watch.ts";
import { useTexts } from "./language.ts";
import { Background } from "./parts/background.tsx";
import { ScreenBoundary } from "./parts/screen_boundary.tsx";
import { Loading } from "./parts/notices.tsx";
import { Toasts } from "./parts/toasts.tsx";
import { usePulse } from "./operator.ts";
import { go, useRoute } from "./route.ts";
import { type Screen, SCREENS } from "./screens.ts";
import { type Session, useSession } from "./session.ts";
import { Navigation } from "./navigation.tsx";
import { SessionContext } from "./session_context.ts";

const SignIn = lazy(() => import("./screens/sign_in/sign_in.tsx"));
const ConsentNotice = lazy(() => import("./screens/account/consent_notice.tsx"));
const components = new Map(SCREENS.map((screen) => [screen.name, lazy(screen.load)]));

const TEXTS = {
  en: { skip: "Skip to the content", missing: "This page does not exist, or your account may not see it." },
  de: { skip: "Zum Inhalt springen", missing: "Diese Seite gibt es nicht, oder Ihr Konto darf sie nicht sehen." },
};

export function App() {
  const session = useSession();
  const arrival = useArrival();
  if (session === undefined) return <Loading />;
  const isIn = session !== null && !session.needsSecondFactor && arrival?.kind !== "recovery";
  return (
    <>
      {isIn ? <SignedIn key={session.userId} session={session} /> : (
        <Suspense fallback={<Loading />}>
          <SignIn session={session} />
        </Suspense>
      )}
      <Background />
      <Toasts />
    </>
  );
}

function SignedIn({ session }: { session: Session }) {
  const t = useTexts(TEXTS);
  const { path: [name, ...rest] } = useRoute();
  const screens = SCREENS.filter(({ roles }) => roles.includes(session.role));
  const first = startOf(session, screens);
  const screen = screens.find((screen) => screen.name === (name ?? first.name));
  usePulse(session.role !== "user");
  const isConsentMissing = useIsConsentMissing();
  useEffect(() => {
    if (!name) go([first.name]);
  }, [name]);
  const [isMenuOpen, setMenuOpen] = useState(false);
  useEffect(() => setMenuOpen(false), [name]);
  const Shown = screen && components.get(screen.name)!;
  return (
    <SessionContext.Provider value={session}>
      <a class="skip" href="#content" onClick={skip}>{t.skip}</a>
      <div class="frame">
        <Navigation {...{ session, screens, current: screen?.name, isMenuOpen, setMenuOpen }} />
        <main id="content" tabIndex={-1}>
          {(session.role === "user" || isConsentMissing) && (
            <Suspense fallback={null}>
              <ConsentNotice current={screen?.name} />
            </Suspense>
          )}
          <ScreenBoundary key={name}>
            <Suspense fallback={<Loading />}>
              {Shown ? <Shown rest={rest} /> : <p class="empty">{t.missing}</p>}
            </Suspense>
          </ScreenBoundary>
        </main>
      </div>
    </SessionContext.Provider>
  );
}

/** Operators come to look after the pipeline, users to their documents. */
function startOf({ role }: Session, screens: Screen[]): Screen {
  return screens.find(({ name }) => name === (role === "user" ? "files" : "overview"))!;
}

/** The hash names the screen, so the link must not change it. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("content")!.focus();
}
