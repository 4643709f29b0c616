import { createClient, type Session } from "@supabase/supabase-js";
import postgres from "postgres";
import { createPipelineClient, type PipelineClient, PipelineError } from "../../../client/src/index.ts";
import { REPOSITORY } from "../../dev/repository.ts";
import { ControlClient } from "../../platform/simulators/control_client.ts";
import { failPages } from "../../platform/simulators/llamaparse/control.ts";
import { eachOf, makeDocument } from "../../platform/test_stack/documents.ts";
import type { TestStack } from "../../platform/test_stack/test_stack.ts";

/** A stack with users and documents in every state, and who is who. */
export interface Filled {
  sessions: Record<"user" | "newcomer" | "operator", Session>;
  completeId: string;
  failedId: string;
}

const PASSWORD = "correct horse 7 battery";
const OTHER_USERS = 6;
const DOCUMENTS_EACH = 5;

export async function fillStack(stack: TestStack, signal: AbortSignal): Promise<Filled> {
  const admin = postgres(stack.adminDatabaseUrl, { max: 1, onnotice: () => {} });
  try {
    const user = await createUser(stack, "reader@example.test");
    const newcomer = await createUser(stack, "newcomer@example.test");
    await createUser(stack, "operator@example.test");
    await admin`select pipeline_internal.set_console_role('operator@example.test', 'operator')`;
    const operator = await signIn(stack, "operator@example.test");

    const handbook = await Deno.readFile(`${REPOSITORY}/scripts/dev/demo/handbook.pdf`);
    const { documentId: completeId } = await user.pipeline.upload(handbook, { filename: "workshop handbook.pdf" });
    await user.pipeline.waitUntilComplete(completeId, { signal });
    await failPages(stack.llamaparseUrl, [2]);
    // A comment at the end makes it another file.
    const annual = Uint8Array.from([...handbook, ...new TextEncoder().encode("\n% Annual report\n")]);
    const { documentId: warnedId } = await user.pipeline.upload(annual, {
      filename: "annual report.pdf",
    });
    await user.pipeline.waitUntilComplete(warnedId, { signal });
    await new ControlClient(stack.llamaparseUrl).reset();
    const encrypted = await Deno.readFile(`${REPOSITORY}/supabase/tests/e2e/fixtures/encrypted.pdf`);
    const { documentId: failedId } = await user.pipeline.upload(encrypted, { filename: "contract 2019.pdf" });
    await user.pipeline.waitUntilComplete(failedId, { signal }).catch(ignoreFailure);

    const others = await Promise.all(
      Array.from({ length: OTHER_USERS }, (_, n) => createUser(stack, `user-${n + 1}@example.test`)),
    );
    await eachOf(others, 3, async ({ pipeline }) => {
      for (let n = 1; n <= DOCUMENTS_EACH; n++) {
        const bytes = await makeDocument(crypto.randomUUID());
        const { documentId } = await pipeline.upload(bytes, { filename: `minutes ${n}.pdf`, signal });
        await pipeline.waitUntilComplete(documentId, { signal });
      }
      const { documentId } = await pipeline.upload(await truncated(), { filename: "scan.pdf", signal });
      await pipeline.waitUntilComplete(documentId, { signal }).catch(ignoreFailure);
    });
    return {
      sessions: { user: user.session, newcomer: newcomer.session, operator: operator.session },
      completeId,
      failedId,
    };
  } finally {
    await admin.end();
  }
}

/** Each is another file: no user uploads the same bytes twice. */
async function truncated(): Promise<Uint8Array> {
  const whole = await makeDocument(crypto.randomUUID());
  return whole.subarray(0, Math.floor(whole.length / 2));
}

function ignoreFailure(error: unknown): void {
  if (!(error instanceof PipelineError)) throw error;
}

interface Person {
  session: Session;
  pipeline: PipelineClient;
}

async function createUser(stack: TestStack, email: string): Promise<Person> {
  const supabase = clientOf(stack);
  const { data, error } = await supabase.auth.signUp({ email, password: PASSWORD });
  if (error) throw error;
  return { session: data.session!, pipeline: createPipelineClient(supabase) };
}

async function signIn(stack: TestStack, email: string): Promise<Person> {
  const supabase = clientOf(stack);
  const { data, error } = await supabase.auth.signInWithPassword({ email, password: PASSWORD });
  if (error) throw error;
  return { session: data.session, pipeline: createPipelineClient(supabase) };
}

function clientOf(stack: TestStack) {
  return createClient(stack.url, stack.publishableKey, { auth: { persistSession: false, autoRefreshToken: false } });
}
