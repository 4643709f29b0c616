import { type FormEvent, useState } from "react";
import { pipeline, supabase, texts } from "./pipeline.ts";

/** The version of your terms that new users agree to. */
const TERMS = "2026-11";

export function SignIn({ notice }: { notice: string }) {
  const [isNew, setIsNew] = useState(false);
  const [problem, setProblem] = useState(notice);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const given = { email: String(form.get("email")), password: String(form.get("password")) };
    try {
      if (isNew) await pipeline.account.signUp({ ...given, consentVersion: TERMS });
      const { error } = await supabase.auth.signInWithPassword(given);
      if (error) throw error;
    } catch (error) {
      setProblem(texts.error(error));
    }
  }

  return (
    <main>
      <form onSubmit={submit}>
        <section>
          <h1>{isNew ? "Create an account" : "Sign in"}</h1>
          <p role="alert" className="error">{problem}</p>
          <label>
            Email <input name="email" type="email" autoComplete="username" required />
          </label>
          <label>
            Password <input name="password" type="password" autoComplete="current-password" required />
          </label>
          <label className="row">
            <span>I am new here, and agree to the terms ({TERMS})</span>
            <input type="checkbox" checked={isNew} onChange={({ target }) => setIsNew(target.checked)} />
          </label>
          <button className="main">{isNew ? "Create account" : "Sign in"}</button>
        </section>
      </form>
    </main>
  );
}
