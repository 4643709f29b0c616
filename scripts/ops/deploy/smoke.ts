import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import type postgres from "postgres";
import { createPipelineClient } from "../../../client/src/index.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { HANDBOOK } from "../../dev/demo/handbook.ts";

const QUESTION = "How much is charged for tools returned late?";
/** The time-out for the document in milliseconds; LlamaParse's queue is most of its time. */
const TIMEOUT_MS = 15 * 60 * 1000;

export interface SmokeOptions {
  url: string;
  publishableKey: string;
  secretKey: string;
  sql: postgres.Sql;
  /** Called with each status of the document. */
  onProgress(step: string): void;
}

/**
 * Takes one document through the live pipeline as a temporary user: upload, every stage, and users' requests
 * afterwards. Then it deletes document and user in any case.
 * @returns the seconds from upload to searchable
 * @throws {PipelineError} with the document's own code, or {ErrorWithRemedy} if the search does not find it
 */
export async function runSmokeDocument(options: SmokeOptions): Promise<number> {
  const user = await createUser(options);
  try {
    const { supabase } = user;
    const pipeline = createPipelineClient(supabase);
    const started = performance.now();
    const bytes = await Deno.readFile(HANDBOOK);
    const { documentId } = await pipeline.upload(
      new File([bytes], "smoke.pdf", { type: "application/pdf" }),
    );
    try {
      await pipeline.waitUntilComplete(documentId, {
        timeoutMs: TIMEOUT_MS,
        onStatus: ({ status }) => options.onProgress(status),
      });
      const seconds = (performance.now() - started) / 1000;
      const [status, { documents }, { results }] = await Promise.all([
        pipeline.status(documentId),
        pipeline.documents(),
        pipeline.search(QUESTION, { k: 1 }),
      ]);
      const found = {
        "its status": status,
        "the list of documents": documents[0],
        "a search": results[0],
      };
      for (const [where, entry] of Object.entries(found)) {
        if (entry?.document_id === documentId) continue;
        throw new ErrorWithRemedy(
          `The smoke document is complete, but missing in ${where}.`,
          "Run npm run doctor on this project, and try the request by hand (docs/using).",
        );
      }
      return seconds;
    } finally {
      await pipeline.remove(documentId);
    }
  } finally {
    await user.remove();
  }
}

interface SmokeUser {
  /** A signed-in user. */
  supabase: SupabaseClient;
  remove(): Promise<void>;
}

/**
 * Creates the user through Auth's admin API, so that no e-mail is sent; the local stack, which lacks it, signs up
 * instead. example.com is reserved, and has no mailboxes.
 */
async function createUser(
  { url, publishableKey, secretKey, sql }: SmokeOptions,
): Promise<SmokeUser> {
  const account = {
    email: `smoke-${crypto.randomUUID().slice(0, 8)}@example.com`,
    password: `${crypto.randomUUID()}-Aa1!`,
  };
  const session = { auth: { persistSession: false, autoRefreshToken: false } };
  const supabase = createClient(url, publishableKey, session);
  const { error } = await createClient(url, secretKey, session).auth.admin
    .createUser({ ...account, email_confirm: true });
  if (error?.status === 404 || error?.status === 401) {
    const signUp = await supabase.auth.signUp(account);
    if (signUp.error) throw signUp.error;
  } else if (error) {
    throw error;
  }
  const remove = async () => {
    await supabase.auth.signOut({ scope: "local" });
    await sql`delete from auth.users where email = ${account.email}`;
  };
  const signIn = await supabase.auth.signInWithPassword(account);
  if (signIn.error) {
    await remove();
    throw signIn.error;
  }
  return { supabase, remove };
}
