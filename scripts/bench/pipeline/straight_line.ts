import postgres from "postgres";
import { sha256Hex } from "../../../supabase/functions/_shared/hash.ts";
import { createLlamaParse } from "../../../supabase/functions/_shared/llamaparse.ts";
import {
  batches,
  createEmbedder,
  embeddingModel,
  toVectorLiteral,
} from "../../../supabase/functions/_shared/openai.ts";
import { createStorage } from "../../../supabase/functions/_shared/storage.ts";
import { countTokens } from "../../../supabase/functions/_shared/tokens.ts";
import { joinPages } from "../../../supabase/functions/_pipeline/collect.ts";
import {
  chunkDocument,
  chunkerName,
  chunkerVersion,
} from "../../../supabase/functions/_chunker/chunk_document.ts";
import { now, wait } from "../clock.ts";
import { eachOf, makeDocument } from "./documents.ts";

/** What the script is given. */
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
/** As the pipeline's stages have them. */
const MAX_TOKENS = 512;
const BATCH = { maxInputs: 128, maxTokens: 60_000 };

/**
 * The floor under the pipeline: the same documents through the same services into the same tables, one step after the
 * other, without jobs, queues, statuses or events. Nothing survives a fault.
 * @returns milliseconds for all documents, without those that warm up
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
    });
    const pages = await parsed(providerJobId);

    const { markdown, pageStarts } = joinPages(pages);
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

    const { chunks: pieces } = chunkDocument(
      new TextDecoder().decode((await storage.get(parsedPath))!),
      { pageStarts, isMarkdown: true, maxTokens: MAX_TOKENS, countTokens },
    );
    const chunks = await sql<
      { chunk_id: string; text: string; tokens: number }[]
    >`
      insert into upload_pipeline.document_chunks (
        chunk_id, document_id, user_id, chunker_name, chunker_version, chunk_ord, page, heading_path, text, chunk_sha, token_count)
      select pipeline_internal.chunk_id(${documentId}, ${chunkerName}, ${chunkerVersion}, c.ord), ${documentId}, ${userId},
             ${chunkerName}, ${chunkerVersion}, c.ord, c."pageFrom", c."headingPath", c.text,
             encode(extensions.digest(c.text, 'sha256'), 'hex'), c.tokens
      from jsonb_to_recordset(${
      sql.json(pieces as unknown as postgres.JSONValue)
    }) as c (ord int, "pageFrom" int, "headingPath" text[], text text, tokens int)
      returning chunk_id, text, token_count as tokens`;

    for (const batch of batches(chunks, BATCH)) {
      const { vectors } = await embedder.embed(batch.map(({ text }) => text));
      await sql`
        update upload_pipeline.document_chunks c
        set embedding = v.vector::extensions.vector(1536), embed_model = ${embeddingModel}, embedded_at = clock_timestamp()
        from unnest(${batch.map(({ chunk_id }) => chunk_id)}::uuid[], ${
        vectors.map(toVectorLiteral)
      }::text[]) v (chunk_id, vector)
        where c.chunk_id = v.chunk_id`;
    }
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
  // The clients' timeouts would keep the process for another minute.
  Deno.exit(0);
}
