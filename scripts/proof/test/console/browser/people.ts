import { createClient, type Session, type SupabaseClient } from "@supabase/supabase-js";
import postgres from "postgres";
import { createPipelineClient, type PipelineClient } from "../../../../../client/src/index.ts";
import { stack } from "./open_console.ts";

export const PASSWORD = "correct horse 7 battery";

/** A user who is signed in outside of any browser; `openConsole` opens the console as this user. */
export interface Person {
  id: string;
  email: string;
  session: Session;
  supabase: SupabaseClient;
  pipeline: PipelineClient;
}

/** Creates a user, with a role in the console if one is given. */
export async function createPerson(role?: "viewer" | "operator"): Promise<Person> {
  const supabase = createClient(stack.url, stack.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const email = `user-${crypto.randomUUID()}@example.test`;
  const { data, error } = await supabase.auth.signUp({ email, password: PASSWORD });
  if (error) throw error;
  let session = data.session!;
  if (role) {
    await setRole(session.user.id, role);
    // A token with the claim.
    const renewed = await supabase.auth.signInWithPassword({ email, password: PASSWORD });
    if (renewed.error) throw renewed.error;
    session = renewed.data.session;
  }
  return { id: session.user.id, email, session, supabase, pipeline: createPipelineClient(supabase) };
}

/** Gives a user a role, or withdraws it, as `npm run pipeline -- role` does. */
export async function setRole(userId: string, role: "viewer" | "operator" | null): Promise<void> {
  await asSuperuser((sql) =>
    sql`select pipeline_internal.set_console_role(email, ${role ?? "none"}) from auth.users where id = ${userId}`
  );
}

/** Runs statements as the database's superuser. */
export async function asSuperuser<T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(stack.adminDatabaseUrl, { max: 1, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}
