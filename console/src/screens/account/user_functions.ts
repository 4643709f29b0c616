import { supabase } from "../../project.ts";

/** What the user agreed to, and what is required. */
export interface OwnConsent {
  consent_version: string | null;
  consented_at: string | null;
  required_version: string | null;
  is_missing: boolean;
}

export interface SupportUse {
  used_at: string;
  /** The first operator who came is 1. */
  operator: number;
  hits: number;
}

export interface SupportAccess {
  granted_at: string | null;
  until: string | null;
  is_in_force: boolean;
  uses: SupportUse[];
}

export const CONSENT_KEY = ["consent"];
export const SUPPORT_KEY = ["support_access"];

export async function readConsent(): Promise<OwnConsent> {
  return (await call<OwnConsent[]>("consent"))[0];
}

export async function readSupportAccess(): Promise<SupportAccess> {
  return (await call<SupportAccess[]>("support_access"))[0];
}

export async function allowSupportAccess(days: number): Promise<void> {
  await call("allow_support_access", { p_days: days });
}

export async function withdrawSupportAccess(): Promise<void> {
  await call("withdraw_support_access");
}

/** Calls a function for users at the Data API. @throws its error, with the code of a lost connection */
async function call<Answer>(name: string, args: Record<string, unknown> = {}): Promise<Answer> {
  const { data, error, status } = await supabase.schema("upload_pipeline").rpc(name, args);
  if (!error) return data as Answer;
  const code = status === 0
    ? "network_error"
    : status === 401
    ? "unauthorized"
    : status >= 500
    ? "unhealthy"
    : error.code;
  throw Object.assign(new Error(error.message), { code, cause: error });
}
