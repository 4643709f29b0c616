import { PipelineError } from "supabase-document-pipeline-client";
import { useTexts } from "./language.ts";
import { useUserTexts } from "./user_texts.ts";

/** Codes of Supabase Auth that mean the same as one of the API. */
const SAME: Record<string, "email_taken" | "session_ended" | "weak_password" | "validation_failed"> = {
  email_exists: "email_taken",
  user_already_exists: "email_taken",
  session_not_found: "session_ended",
  session_expired: "session_ended",
  refresh_token_not_found: "session_ended",
  email_address_invalid: "validation_failed",
};

const TEXTS = {
  en: {
    current_password_invalid: "The current password is wrong.",
    current_password_required: "Enter your current password.",
    same_password: "This is your current password. Choose another one.",
    reauthentication_not_valid: "This code is wrong, or it is too old. Use the latest mail, or ask for a new one.",
    mfa_verification_failed: "This code is wrong, or it is too old. Enter the one that your app shows now.",
    mfa_challenge_expired: "That took too long. Enter the code that your app shows now.",
    otp_expired: "This link was used before, or it is too old. Ask for a new one.",
    access_denied: "This link was used before, or it is too old. Ask for a new one.",
    pkce_code_verifier_not_found:
      "This link works only in the browser in which you asked for it. If it was to confirm your address, sign in now; for a new password, ask for a new link here.",
    insufficient_aal: "Confirm with your second factor first: sign out, and sign in again.",
  },
  de: {
    current_password_invalid: "Das bisherige Passwort ist falsch.",
    current_password_required: "Geben Sie Ihr bisheriges Passwort ein.",
    same_password: "Das ist Ihr bisheriges Passwort. Wählen Sie ein anderes.",
    reauthentication_not_valid:
      "Dieser Code ist falsch oder zu alt. Nehmen Sie den aus der neuesten Mail, oder fordern Sie einen neuen an.",
    mfa_verification_failed: "Dieser Code ist falsch oder zu alt. Geben Sie den ein, den Ihre App jetzt anzeigt.",
    mfa_challenge_expired: "Das hat zu lange gedauert. Geben Sie den Code ein, den Ihre App jetzt anzeigt.",
    otp_expired: "Dieser Link wurde schon benutzt oder ist zu alt. Fordern Sie einen neuen an.",
    access_denied: "Dieser Link wurde schon benutzt oder ist zu alt. Fordern Sie einen neuen an.",
    pkce_code_verifier_not_found:
      "Dieser Link gilt nur in dem Browser, in dem Sie ihn angefordert haben. Sollte er Ihre Adresse bestätigen, melden Sie sich jetzt an; für ein neues Passwort fordern Sie hier einen neuen Link an.",
    insufficient_aal: "Bestätigen Sie zuerst mit Ihrem zweiten Faktor: Melden Sie sich ab und wieder an.",
  },
};

/** A sentence for an error of the API or of Supabase Auth. */
export function useErrorText(): (error: unknown) => string {
  const texts = useUserTexts();
  const own: Record<string, string> = useTexts(TEXTS);
  return (error) => own[codeOf(error)] ?? texts.error(asKnown(error));
}

/** An error of Auth with the code by which the client's catalogue knows it. */
export function asKnown(error: unknown): unknown {
  if (error instanceof PipelineError) return error;
  const { status, message } = (error ?? {}) as { status?: unknown; message?: unknown };
  // Auth says when in its message alone.
  if (status === 429) {
    const seconds = /after (\d+) second/.exec(String(message))?.[1];
    return new PipelineError("rate_limited", String(message), {
      status: 429,
      retryAfter: seconds === undefined ? undefined : Number(seconds),
      cause: error,
    });
  }
  const same = SAME[codeOf(error)];
  return same ? new PipelineError(same, String(message), { cause: error }) : error;
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" ? code : "";
}
