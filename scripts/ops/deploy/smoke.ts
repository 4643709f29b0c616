import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import type postgres from "postgres";
import { createPipelineClient } from "../../../client/pipeline_client.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { HANDBOOK } from "../../dev/demo/handbook.ts";

const QUESTION = "How much is charged for tools returned late?";
/** How long the document may take; LlamaParse's queue is most of it. In milliseconds. */
const TIMEOUT_MS = 15 * 60 * 1000;

export interface SmokeOptions {
  url: string;
  publishableKey: string;
  secretKey: string;
  sql: postgres.Sql;
  /** Told each status that the document takes. */
  onProgress(step: string): void;
}

/**
 * Takes one document through the live pipeline as a user who exists for it alone: upload, every stage, and what users ask
 * for afterwards. Document
 * and user are deleted afterwards, whatever happened.
 * @returns how long it took from upload to searchable, in seconds
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
          `The smoke document is complete, but ${where} does not have it.`,
          "Run npm run doctor on this project; try the request by hand (README, The API).",
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
  /** Signed in. */
  supabase: SupabaseClient;
  remove(): Promise<void>;
}

/**
 * Makes the user through Auth's admin API, so that no e-mail is sent; a stack without one (the local one) takes a
 * sign-up instead. Example.com is reserved for examples: nobody's mailbox is there.
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
