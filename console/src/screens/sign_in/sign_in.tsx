import { useState } from "preact/hooks";
import { Field } from "../../parts/field.tsx";
import { ErrorNotice } from "../../parts/notices.tsx";
import { supabase } from "../../project.ts";

export default function SignIn() {
  const [error, setError] = useState<unknown>();
  const submit = async (event: Event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const { error } = await supabase.auth.signInWithPassword({
      email: String(form.get("email")),
      password: String(form.get("password")),
    });
    setError(error);
  };
  return (
    <main class="centred">
      <h1>Sign in</h1>
      <form onSubmit={submit}>
        <Field label="Email">
          <input name="email" type="email" autocomplete="username" required />
        </Field>
        <Field label="Password">
          <input name="password" type="password" autocomplete="current-password" required />
        </Field>
        <button type="submit" class="main">Sign in</button>
        <ErrorNotice error={error} />
      </form>
    </main>
  );
}
