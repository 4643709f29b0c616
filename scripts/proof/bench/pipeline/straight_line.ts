import postgres from "postgres";
import { chunkDocument, chunkerName, chunkerVersion } from "../../../../supabase/functions/_chunker/chunk_document.ts";
import { countTokens } from "../../../../supabase/functions/_chunker/tokens.ts";
import { createLlamaParse } from "../../../../supabase/functions/_providers/llamaparse.ts";
import { batches, createEmbedder } from "../../../../supabase/functions/_providers/openai.ts";
import { createStorage } from "../../../../supabase/functions/_providers/storage.ts";
import { embeddingModel } from "../../../../supabase/functions/_shared/embedding_model.ts";
import { sha256Hex } from "../../../../supabase/functions/_shared/hash.ts";
import { toRow } from "../../../../supabase/functions/_stages/chunk.ts";
import { toHalfVectorLiteral } from "../../../../supabase/functions/_stages/half_vector.ts";
import { joinPages } from "../../../../supabase/functions/_stages/pages.ts";
import { now, wait } from "../clock.ts";
import { eachOf, makeDocument } from "../../../platform/test_stack/documents.ts";

/** The script's input. */
export interface StraightLineOrder {
  url: string;
  serviceRoleKey: string;
  databaseUrl: string;
  llamaparseUrl: string;
  openaiUrl: string;
  /** One for each document. */
  userIds: string[];
  atOnce: number;
}

const ORDER = "BENCH_STRAIGHT_LINE";
const WARM_UP = 4;
const PARSER_POLL_MS = 2;
/** As in the pipeline's stages. */
const MAX_TOKENS = 512;
const BATCH = { maxInputs: 128, maxTokens: 60_000 };

/**
 * The baseline of the pipeline: the same documents through the same services into the same tables, step by step,
 * without jobs, queues, statuses or events. It survives no fault.
 * @returns milliseconds for all documents except those for warm-up
 */
export async function runStraightLine(
  order: StraightLineOrder,
): Promise<number> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", import.meta.filename!],
    env: { [ORDER]: JSON.stringify(order) },
    stderr: "inherit",
  }).output();
  if (code !== 0) {
    throw new Error(`the straight-line script ended with ${code}`);
  }
  return Number(new TextDecoder().decode(stdout));
}

async function main(order: StraightLineOrder): Promise<void> {
  const { url, serviceRoleKey, databaseUrl, userIds, atOnce } = order;
  const sql = postgres(databaseUrl, { max: atOnce, onnotice: () => {} });
  const storage = createStorage({ url, serviceRoleKey });
  const llamaparse = createLlamaParse({
    apiKey: "llx-bench",
    apiUrl: order.llamaparseUrl,
    tier: "cost_effective",
  });
  const embedder = createEmbedder({
    apiKey: "sk-bench",
    apiUrl: order.openaiUrl,
  });

  async function process({ bytes, userId }: Item): Promise<void> {
    const sha256 = await sha256Hex(bytes);
    const [{ document_id: documentId }] = await sql`
      insert into upload_pipeline.documents (document_id, user_id, filename, mime, bytes_len, file_sha256, raw_path)
      select id, ${userId}, 'report.pdf', 'application/pdf', ${bytes.length}, ${sha256}, 'user/' || ${userId} || '/raw/' || id || '.pdf'
      from pipeline_internal.document_id(${userId}, ${sha256}) id
      returning document_id`;
    const rawPath = `user/${userId}/raw/${documentId}.pdf`;
    await storage.put(rawPath, bytes, "application/pdf");

    const stored = await storage.get(rawPath);
    if (await sha256Hex(stored!) !== sha256) throw new Error("other bytes");
    const { providerJobId } = await llamaparse.submit({
      bytes: stored!,
      filename: "document.pdf",
      mime: "application/pdf",
      submissionId: crypto.randomUUID(),
      maxPages: 201,
      pages: null,
      ocr: false,
      ocrLanguages: [],
      maxFailedPageRatio: 1,
    });
    const pages = await parsed(providerJobId);

    const { markdown, pageStarts } = joinPages(
      pages.map(({ markdown }) => markdown),
    );
    const parsedPath = `user/${userId}/parsed/${documentId}.md`;
    const text = new TextEncoder().encode(markdown);
    await storage.put(parsedPath, text, "text/markdown");
    await sql`
      update upload_pipeline.documents
      set parsed_path = ${parsedPath}, parsed_sha256 = ${await sha256Hex(
      markdown,
    )}, page_starts = ${pageStarts}::int[],
          page_count = ${pageStarts.length}
      where document_id = ${documentId}`;

    const pieces = chunkDocument(
      new TextDecoder().decode((await storage.get(parsedPath))!),
      {
        pageStarts,
        isMarkdown: true,
        maxTokens: MAX_TOKENS,
        countTokens,
        resume: null,
        hasTime: () => true,
      },
    ).chunks.map(toRow);
    const texts = pieces.map(({ context, text, tokens }) => ({
      text: context === "" ? text : `${context}\n\n${text}`,
      tokens,
    }));
    const vectors: string[] = [];
    for (const batch of batches(texts, BATCH)) {
      const embedded = await embedder.embed(batch.map(({ text }) => text));
      vectors.push(...embedded.vectors.map(toHalfVectorLiteral));
    }

    await sql`
      insert into upload_pipeline.document_chunks (
        chunk_id, document_id, user_id, chunker_name, chunker_version, chunk_ord, page_from, page_to, page_offsets,
        heading_path, text, context, chunk_sha, token_count, search_text, embed_model, embedding, embedded_at)
      select pipeline_internal.chunk_id(
               ${documentId}, ${chunkerName}, ${chunkerVersion}, c.sha,
               (row_number() over (partition by c.sha order by c.ord) - 1)::int),
             ${documentId}, ${userId}, ${chunkerName}, ${chunkerVersion}, c.ord, c.page_from, c.page_to, c.page_offsets,
             c.heading_path, c.text, c.context, c.sha, c.tokens,
             pipeline_internal.search_text('en', 'report.pdf', c.context, c.text),
             ${embeddingModel}, (${vectors}::text[])[c.ord + 1]::extensions.halfvec(1536), clock_timestamp()
      from (
        select g.*, encode(extensions.digest(pipeline_internal.embedded_text(g.context, g.text), 'sha256'), 'hex') as sha
        from jsonb_to_recordset(${sql.json(pieces as unknown as postgres.JSONValue)}) as g (
          ord int, page_from int, page_to int, page_offsets int[], heading_path text[], context text, text text, tokens int)
      ) c`;
  }

  async function parsed(providerJobId: string) {
    for (;;) {
      const result = await llamaparse.result(providerJobId);
      if (result.state === "completed") return result.pages;
      if (result.state !== "pending") {
        throw new Error(`the parser answered ${result.state}`);
      }
      await wait(PARSER_POLL_MS);
    }
  }

  const items = await itemsFor([...userIds.slice(0, WARM_UP), ...userIds]);
  await eachOf(items.slice(0, WARM_UP), atOnce, process);
  const begunAt = now();
  await eachOf(items.slice(WARM_UP), atOnce, process);
  console.log(now() - begunAt);
  await sql.end();
}

interface Item {
  userId: string;
  bytes: Uint8Array;
}

function itemsFor(userIds: string[]): Promise<Item[]> {
  return Promise.all(userIds.map(async (userId) => ({
    userId,
    bytes: await makeDocument(crypto.randomUUID()),
  })));
}

if (import.meta.main) {
  await main(JSON.parse(Deno.env.get(ORDER)!));
  // The clients' time-outs would keep the process alive for another minute.
  Deno.exit(0);
}
