import type { SupabaseClient } from "@supabase/supabase-js";
import type { Consent, ExportLine, SignedUp, User } from "./answers.ts";
import { ask, queryOf } from "./call_api.ts";
import { PipelineError } from "./pipeline_error.ts";
import { keepsSessions } from "./session.ts";

export interface SignUpOptions {
  email: string;
  password: string;
  /** The version of your terms to which the user agrees. */
  consentVersion: string;
  /** When the user agreed; by default now. The database records its own time beside it. */
  consentedAt?: Date;
  /** For display. */
  name?: string;
  signal?: AbortSignal;
}

interface Options {
  signal?: AbortSignal;
}

/** The account of the signed-in user. Signing in, and renewing the session, is supabase-js's: `supabase.auth`. */
export interface AccountClient {
  /**
   * Signs a new user up, who agrees to a version of your terms. Unless the address must be confirmed first
   * (`confirmation_required`), the user is then signed in at the supabase client.
   */
  signUp(options: SignUpOptions): Promise<SignedUp>;
  /** Records that the user agrees to a version of your terms; `limits()` names the one that is required. */
  consent(version: string, options?: Options): Promise<Consent>;
  user(options?: Options): Promise<User>;
  /**
   * Everything that is stored about the user, line by line; at most some 16 MiB are in memory at a time.
   * @throws {PipelineError} `unexpected_answer` if the export ends early
   */
  exportData(options?: Options): AsyncGenerator<ExportLine>;
  /**
   * Deletes the account and all that belongs to it, and ends the session of the supabase client. A user with a password
   * must give it; one without must have signed in within the last ten minutes.
   */
  delete(options?: Options & { password?: string }): Promise<void>;
}

export function accountClient(supabase: SupabaseClient): AccountClient {
  return {
    async signUp({ email, password, consentVersion, consentedAt = new Date(), name, signal }) {
      const body = {
        email,
        password,
        consent_version: consentVersion,
        consent_timestamp: consentedAt.toISOString(),
        name,
      };
      const signedUp = await ask<SignedUp>(supabase, "auth/signup", { method: "POST", body, signal });
      const { access_token, refresh_token } = signedUp;
      if (access_token && refresh_token && keepsSessions(supabase)) {
        const { error } = await supabase.auth.setSession({ access_token, refresh_token });
        if (error) throw error;
      }
      return signedUp;
    },

    consent: (version, { signal } = {}) =>
      ask(supabase, "account/consent", { method: "POST", body: { consent_version: version }, signal }),

    async user({ signal } = {}) {
      const { user } = await ask<{ user: User }>(supabase, "auth/user", { method: "GET", signal });
      return user;
    },

    async *exportData({ signal } = {}) {
      let after: string | undefined;
      do {
        const route = `account/export${queryOf({ after })}`;
        const text = await ask<string>(supabase, route, { method: "GET", signal });
        const lines = linesOf(text);
        const end = lines.pop();
        if (end?.type !== "end") throw incomplete();
        yield* lines;
        after = end.next_after ?? undefined;
      } while (after);
    },

    async delete({ password, signal } = {}) {
      await ask(supabase, "account", { method: "DELETE", body: { password }, signal });
      // The account's sessions are gone at Auth already; this one's tokens are left.
      if (keepsSessions(supabase)) await supabase.auth.signOut({ scope: "local" });
    },
  };
}

function linesOf(text: string): ExportLine[] {
  return text.split("\n").filter((line) => line !== "").map((line) => {
    try {
      return JSON.parse(line);
    } catch (cause) {
      throw incomplete(cause);
    }
  });
}

function incomplete(cause?: unknown): PipelineError {
  return new PipelineError("unexpected_answer", "The export is incomplete. Try again.", { cause });
}
