import { Buffer } from "node:buffer";
import { beforeAll, describe, expect, it } from "vitest";
import {
  createUser,
  eventually,
  functionEnds,
  functionPids,
  llamaparse,
  openai,
  restartFunctions,
  upload,
  type User,
  waitFor,
} from "./harness.ts";
import { useFileTypes, useIdleStack } from "./hooks.ts";

const USERS = 6;
const DOCUMENTS_OF_EACH = 4;
const DOCUMENTS = USERS * DOCUMENTS_OF_EACH;
const SECTIONS = 200;

interface Uploaded {
  user: User;
  document_id: string;
}

/** The platform retires a worker after one second of CPU time and kills it after two, regardless of its remaining work. */
describe("documents that need more CPU time than one worker has", () => {
  const sql = useIdleStack();
  useFileTypes(sql, ["pdf", "md"]);
  beforeAll(restartFunctions);

  it(
    "are processed by several workers in turn, without losing a document or an attempt",
    {
      timeout: 240_000,
    },
    async () => {
      // A provider's newest hold applies to further answers; held answers stay held.
      const held = [
        await uploadAndHold("embed", openai, "embeddings"),
        await uploadAndHold("fetch_result", llamaparse, "get"),
        await uploadAndHold("parse", llamaparse, "create"),
      ];
      const [holder] = await functionPids("worker");
      const before = await functionEnds("worker");

      const crowd = (await Promise.all(
        Array.from({ length: USERS }, (_, u) => uploadReports(u)),
      )).flat();
      await eventually(
        async () => (await functionEnds("worker")).retired > before.retired,
        "the worker's retirement",
      );
      expect(await functionPids("worker")).toContain(holder);
      await Promise.all([llamaparse.release(), openai.release()]);

      for (const { user, document_id } of [...held, ...crowd]) {
        await waitFor(user, document_id, ["complete"], 200_000);
      }
      expect(await attemptsLostOf([...held, ...crowd])).toEqual([]);
      // Only the held documents are parsed, once each.
      expect(await llamaparse.count("create")).toBe(held.length);
      const chunks = await chunksOf(crowd);
      expect(chunks.documents).toBe(DOCUMENTS);
      expect(chunks.chunks).toBeGreaterThan(DOCUMENTS * 20);
      expect(chunks.different).toBe(chunks.chunks);
      expect(chunks.embedded).toBe(chunks.chunks);
    },
  );

  /** Uploads a PDF, and waits until a worker is blocked on the provider's answer at this stage. */
  async function uploadAndHold(
    stage: string,
    provider: typeof openai,
    route: string,
  ): Promise<Uploaded> {
    const user = await createUser();
    const before = (await provider.log()).held;
    await provider.faults({ hold: route });
    const { document_id } = await upload(user);
    await eventually(async () => {
      const working = await sql`
        select from upload_pipeline.upload_jobs
        where document_id = ${document_id} and stage = ${stage} and state = 'working'`;
      return (await provider.log()).held > before && working.length === 1;
    }, `a document held at ${stage}`);
    return { user, document_id };
  }

  /** Attempts of lost workers. An answer that was held too long is not one. */
  async function attemptsLostOf(documents: Uploaded[]) {
    return await sql`
      select document_id, stage, message from upload_pipeline.events
      where document_id in ${sql(documents.map((each) => each.document_id))}
        and code = 'WORKER_LOST'`;
  }

  async function chunksOf(documents: Uploaded[]) {
    const [counts] = await sql`
      select count(distinct document_id)::int as documents, count(*)::int as chunks,
             count(distinct (document_id, chunk_ord))::int as different, count(embedding)::int as embedded
      from upload_pipeline.document_chunks
      where document_id in ${sql(documents.map((each) => each.document_id))}`;
    return counts;
  }
});

async function uploadReports(u: number): Promise<Uploaded[]> {
  const user = await createUser();
  return await Promise.all(
    Array.from({ length: DOCUMENTS_OF_EACH }, async (_, n) => {
      const text = Buffer.from(report(u * DOCUMENTS_OF_EACH + n));
      const { document_id } = await upload(user, text, {
        filename: `report-${n}.md`,
        mime: "text/markdown",
      });
      return { user, document_id };
    }),
  );
}

function report(n: number): string {
  return Array.from(
    { length: SECTIONS },
    (_, section) =>
      `## Report ${n}, section ${section}\n\n` +
      `The office of harbour ${n} counted ${
        n * section
      } boats that came in, wrote the sums into its book, and had them compared with those of the year before. `
        .repeat(4),
  ).join("\n\n");
}
