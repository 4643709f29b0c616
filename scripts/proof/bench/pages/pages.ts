import postgres from "postgres";
import { startLlamaParse } from "../../../platform/simulators/llamaparse/server.ts";
import { startOpenAi } from "../../../platform/simulators/openai/server.ts";
import { sha256Hex } from "../../../../supabase/functions/_shared/hash.ts";
import { withBenchStack } from "../bench_stack.ts";
import { wait } from "../clock.ts";
import { describeEnvironment, type Environment } from "../machine.ts";
import { createUsers, sendBytes, type StackOfUsers, tokenFor } from "../../../platform/test_stack/uploads.ts";
import { fetchManuals, MANUALS } from "./manuals.ts";
import { askVerbatim, type Found, type Hit, isContentsPage, pickSentences, readPages } from "./verbatim.ts";

export interface ManualResult {
  name: string;
  pages: number;
  chunks: number;
  /** Chunks on more than one page, and on more than two. */
  onTwoPages: number;
  onMorePages: number;
  /** By search mode. */
  verbatim: Record<"text" | "hybrid", Found>;
  questions: number;
  /** Questions whose first hit is from a table of contents. */
  contentsFirst: number;
}

export interface PagesResult {
  environment: Environment;
  manuals: ManualResult[];
}

/** Uploads Debian's manuals, searches for their sentences, and checks the page numbers of the hits. */
export async function measurePages(
  { sentences, only, onProgress, signal }: {
    sentences: number;
    only?: string;
    onProgress(step: string): void;
    signal: AbortSignal;
  },
): Promise<PagesResult> {
  onProgress("Fetching Debian's manuals");
  await using manuals = await fetchManuals();
  await using simulators = new AsyncDisposableStack();
  const llamaparse = await startLlamaParse({ pendingMs: 0, runningMs: 0 });
  simulators.defer(() => llamaparse.stop());
  const openai = await startOpenAi();
  simulators.defer(() => openai.stop());

  return await withBenchStack({
    functionEnv: {
      LLAMAPARSE_API_KEY: "llx-bench",
      LLAMAPARSE_API_URL: llamaparse.url,
      OPENAI_API_KEY: "sk-bench",
      OPENAI_API_URL: `${openai.url}/v1`,
    },
    onProgress,
    signal,
  }, async (stack) => {
    const admin = postgres(stack.adminDatabaseUrl, {
      max: 2,
      onnotice: () => {},
    });
    try {
      await admin`
        update pipeline_internal.limits
        set max_pages = 1000, pages_per_user_per_day = 1000000, requests_per_user_per_hour = 1000000`;
      const results: ManualResult[] = [];
      for (const name of Object.keys(MANUALS)) {
        if (only && !name.includes(only)) continue;
        onProgress(name);
        const bytes = await manuals.read(name);
        results.push(await measureManual(stack, admin, name, bytes, sentences));
      }
      return {
        environment: await describeEnvironment(admin),
        manuals: results,
      };
    } finally {
      await admin.end();
    }
  });
}

async function measureManual(
  stack: StackOfUsers,
  admin: postgres.Sql,
  name: string,
  bytes: Uint8Array,
  count: number,
): Promise<ManualResult> {
  const [userId] = await createUsers(admin, 1);
  const token = await tokenFor(stack, userId);
  const documentId = await process(stack, admin, token, bytes);
  const search = async (query: string, mode: string): Promise<Hit[]> => {
    const { results } = await post(stack, token, "search", {
      query,
      mode,
      k: 1,
    });
    return results;
  };

  const pages = await readPages(bytes);
  const picked = pickSentences(pages, count);
  const { questions } = MANUALS[name];
  let contentsFirst = 0;
  for (const question of questions) {
    const [first] = await search(question, "hybrid");
    if (first?.page && isContentsPage(pages[first.page - 1])) contentsFirst++;
  }
  const [chunks] = await admin<
    { chunks: number; onTwoPages: number; onMorePages: number }[]
  >`
    select count(*)::int as chunks,
           count(*) filter (where page_to = page_from + 1)::int as "onTwoPages",
           count(*) filter (where page_to > page_from + 1)::int as "onMorePages"
    from upload_pipeline.document_chunks where document_id = ${documentId}`;
  return {
    name,
    pages: pages.length,
    ...chunks,
    verbatim: {
      text: await askVerbatim(picked, (query) => search(query, "text")),
      hybrid: await askVerbatim(picked, (query) => search(query, "hybrid")),
    },
    questions: questions.length,
    contentsFirst,
  };
}

async function process(
  stack: StackOfUsers,
  admin: postgres.Sql,
  token: string,
  bytes: Uint8Array,
): Promise<string> {
  const { document_id, signed_url } = await post(
    stack,
    token,
    "upload-document-backend",
    {
      filename: "manual.pdf",
      bytes_len: bytes.length,
      mime: "application/pdf",
      sha256: await sha256Hex(bytes),
    },
  );
  await sendBytes({ documentId: document_id, signedUrl: signed_url, bytes });
  for (;;) {
    const [{ state, last_error }] = await admin`
      select state, last_error from upload_pipeline.upload_jobs where document_id = ${document_id}`;
    if (state === "done") return document_id;
    if (state === "deadletter") throw new Error(JSON.stringify(last_error));
    await wait(100);
  }
}

async function post(
  { url, publishableKey }: StackOfUsers,
  token: string,
  route: string,
  body: unknown,
) {
  const response = await fetch(`${url}/functions/v1/api/${route}`, {
    method: "POST",
    headers: {
      apikey: publishableKey,
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${route}: ${await response.text()}`);
  return await response.json();
}
