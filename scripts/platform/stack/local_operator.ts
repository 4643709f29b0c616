import { createClient } from "@supabase/supabase-js";
import postgres from "postgres";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { LOCAL_OPERATOR } from "./keys.ts";
import type { Stack } from "./stack.ts";

/**
 * Makes the user who operates the local stack, in the console and by `npm run pipeline`. Its password protects nothing:
 * the stack listens on the loopback address only.
 */
export async function makeLocalOperator(
  stack: Pick<Stack, "url" | "publishableKey" | "databaseUrl">,
): Promise<typeof LOCAL_OPERATOR> {
  await signUp(stack);
  const sql = postgres(stack.databaseUrl, { max: 1, onnotice() {} });
  try {
    await sql`select pipeline_internal.set_console_role(${LOCAL_OPERATOR.email}, 'operator')`;
    return LOCAL_OPERATOR;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Does nothing when an earlier start has done it. */
async function signUp({ url, publishableKey }: Pick<Stack, "url" | "publishableKey">): Promise<void> {
  const client = createClient(url, publishableKey, { auth: { persistSession: false, autoRefreshToken: false } });
  const { error } = await client.auth.signUp(LOCAL_OPERATOR);
  if (!error || error.code === "user_already_exists") return;
  throw new ErrorWithRemedy(
    `${LOCAL_OPERATOR.email} could not be signed up: ${error.message}`,
    "npm run stack -- --remove deletes the stack's data, and the next start makes it again.",
    { code: error.code ?? "sign_up_failed", cause: error },
  );
}

/** For those who open the console. */
export function describeAccount({ email, password }: { email: string; password: string }): string {
  return `${email}, password ${password}`;
}
