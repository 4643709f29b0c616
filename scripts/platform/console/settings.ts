import { UsageError } from "../../dev/error_with_remedy.ts";

/** `config.json` beside the console's page: what it needs of its project. All of it is public. */
export interface ConsoleSettings {
  /** The project's address, without a path. */
  url: string;
  publishableKey: string;
  /** The version of the terms that a new user accepts. */
  consentVersion?: string;
  /** Where these terms are. */
  termsUrl?: string;
}

/**
 * Checks that nothing secret reaches a browser.
 * @throws {UsageError} which never repeats the key
 */
export function consoleSettings(given: ConsoleSettings): ConsoleSettings {
  if (!isHttp(given.url)) {
    throw new UsageError(`${given.url} is no address of a project.`, "Use https://<ref>.supabase.co.");
  }
  refuseSecretKey(given.publishableKey);
  if (given.termsUrl !== undefined && !isHttp(given.termsUrl)) {
    throw new UsageError(`${given.termsUrl} is no address of a page.`, "Use the https:// address of the terms.");
  }
  const { url, publishableKey, consentVersion, termsUrl } = given;
  return {
    url: new URL(url).origin,
    publishableKey,
    ...consentVersion !== undefined && { consentVersion },
    ...termsUrl !== undefined && { termsUrl },
  };
}

function refuseSecretKey(key: string): void {
  const role = roleOf(key);
  if (role === "public") return;
  throw new UsageError(
    role === "secret"
      ? "This is a secret key, which may bypass every access rule: it must never reach a browser."
      : "This is no publishable key of a project.",
    "Use the publishable key (sb_publishable_…): Project Settings > API Keys. Older projects have the anon key.",
  );
}

function roleOf(key: string): "public" | "secret" | "unknown" {
  if (/^sb_publishable_[\w-]+$/.test(key)) return "public";
  if (key.startsWith("sb_secret_")) return "secret";
  const role = claimsOf(key)?.role;
  if (role === "anon") return "public";
  return role === undefined ? "unknown" : "secret";
}

/** Those of an older key, which is a token. */
function claimsOf(key: string): { role?: string } | undefined {
  const parts = key.split(".");
  if (parts.length !== 3) return undefined;
  try {
    return JSON.parse(atob(parts[1].replaceAll("-", "+").replaceAll("_", "/")));
  } catch {
    // Not a token.
    return undefined;
  }
}

function isHttp(text: string): boolean {
  return /^https?:$/.test(URL.parse(text)?.protocol ?? "");
}
