import { createClient } from "@supabase/supabase-js";
import postgres from "postgres";
import { createPipelineClient, type PipelineClient } from "../../../client/src/index.ts";
import { withBenchStack } from "../bench/bench_stack.ts";
import { describeEnvironment, type Environment } from "../bench/machine.ts";
import { ControlClient } from "../../platform/simulators/control_client.ts";
import { startLlamaParse } from "../../platform/simulators/llamaparse/server.ts";
import { startOpenAi } from "../../platform/simulators/openai/server.ts";
import type { Stack } from "../../platform/stack/stack.ts";
import { askAll, type Outcome, uploadAll } from "./ask.ts";
import { debianBooks } from "./debian/books.ts";
import { givePages } from "./given_pages.ts";
import { ownDocuments } from "./own_documents.ts";
import { type Collection, MODES } from "./question.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

export interface EvalOptions {
  /** Our own documents only. */
  quick: boolean;
  /** Only questions about documents of this language; the searches still cover all documents. */
  only?: string;
  /** The key for real embeddings, which cost money; without it, the simulator embeds. */
  openAiKey?: string;
  onProgress(step: string): void;
  signal: AbortSignal;
}

export interface EvalResult {
  environment: Environment;
  /** The source of the vectors. */
  embedder: "simulator" | "openai";
  documents: { source: string; language: string; name: string }[];
  outcomes: Outcome[];
  /** Why Debian's books are missing although they were requested. */
  withoutDebian?: string;
}

/** Uploads the documents through the API, as one user for each source, and asks all questions in every mode. */
export async function evaluate(options: EvalOptions): Promise<EvalResult> {
  const { onProgress, signal, openAiKey } = options;
  const { collections, withoutDebian } = await collect(options);
  await using simulators = new AsyncDisposableStack();
  const llamaparse = await startLlamaParse({ pendingMs: 0, runningMs: 0 });
  simulators.defer(() => llamaparse.stop());
  const openai = await startOpenAi();
  simulators.defer(() => openai.stop());

  return await withBenchStack({
    functionEnv: {
      LLAMAPARSE_API_KEY: "llx-eval",
      LLAMAPARSE_API_URL: llamaparse.url,
      ...openAiKey ? { OPENAI_API_KEY: openAiKey } : {
        OPENAI_API_KEY: "sk-eval",
        OPENAI_API_URL: `${openai.url}/v1`,
      },
    },
    onProgress,
    signal,
  }, async (stack) => {
    const sql = postgres(stack.adminDatabaseUrl, {
      max: 1,
      onnotice: () => {},
    });
    try {
      // The books are long, and the questions many.
      await sql`
        update pipeline_internal.limits
        set max_pages = 1000, pages_per_user_per_day = 1000000, requests_per_user_per_hour = 1000000`;
      const outcomes: Outcome[] = [];
      for (const { source, documents, questions } of collections) {
        const client = await signUp(stack);
        onProgress(`Uploading ${documents.length} documents (${source})`);
        await givePages(new ControlClient(llamaparse.url), documents);
        const ids = await uploadAll(client, documents, signal);
        onProgress(`Asking ${questions.length} questions (${source})`);
        outcomes.push(
          ...await askAll(client, questions, MODES, ids, signal),
        );
      }
      return {
        environment: await describeEnvironment(sql),
        embedder: openAiKey ? "openai" : "simulator",
        documents: collections.flatMap(({ source, documents }) =>
          documents.map(({ language, name }) => ({ source, language, name }))
        ),
        outcomes,
        withoutDebian,
      };
    } finally {
      await sql.end();
    }
  });
}

async function collect(
  { quick, only, onProgress }: EvalOptions,
): Promise<{ collections: Collection[]; withoutDebian?: string }> {
  const own = await ownDocuments();
  const ofLanguage = {
    ...own,
    questions: own.questions.filter(({ language }) => !only || language === only),
  };
  if (quick) return { collections: [ofLanguage] };
  try {
    const debian = await debianBooks({ only, onProgress });
    return { collections: [ofLanguage, debian] };
  } catch (error) {
    if (!(error instanceof ErrorWithRemedy)) throw error;
    return { collections: [ofLanguage], withoutDebian: error.message };
  }
}

/** Creates a user as an application would. */
async function signUp(stack: Stack): Promise<PipelineClient> {
  const supabase = createClient(stack.url, stack.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const { error } = await supabase.auth.signUp({
    email: `eval-${crypto.randomUUID()}@example.test`,
    password: crypto.randomUUID(),
  });
  if (error) throw error;
  return createPipelineClient(supabase);
}
