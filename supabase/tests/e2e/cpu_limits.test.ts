import { Buffer } from "node:buffer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  atRest,
  connect,
  createUser,
  ENDED,
  functionEnds,
  upload,
  waitFor,
} from "./harness.ts";

const USERS = 6;
const DOCUMENTS_OF_EACH = 4;
const DOCUMENTS = USERS * DOCUMENTS_OF_EACH;
const SECTIONS = 200;

/** The platform retires a worker after a second of CPU time and kills it after two, however much work is left. */
describe("a crowd of documents that takes more CPU time than a worker has", () => {
  const sql = connect();
  beforeAll(async () => {
    await atRest(sql);
    await sql`select pipeline_internal.allow_file_types(array['pdf', 'md'])`;
  });
  afterAll(async () => {
    await sql`select pipeline_internal.allow_file_types(array['pdf'])`;
    await sql.end();
  });

  it("is worked off by one worker after the other, and nothing is lost", {
    timeout: 240_000,
  }, async () => {
    const before = await functionEnds("worker");
    const documents: string[] = [];
    await Promise.all(Array.from({ length: USERS }, async (_, u) => {
      const user = await createUser();
      const uploads = Array.from({ length: DOCUMENTS_OF_EACH }, (_, n) => {
        const text = Buffer.from(report(u * DOCUMENTS_OF_EACH + n));
        return upload(user, text, {
          filename: `report-${n}.md`,
          mime: "text/markdown",
        });
      });
      for (const { document_id } of await Promise.all(uploads)) {
        documents.push(document_id);
        const { status } = await waitFor(user, document_id, ENDED, 200_000);
        expect(status).toBe("complete");
      }
    }));
    const [chunks] = await sql`
      select count(distinct document_id)::int as documents, count(*)::int as chunks,
             count(distinct (document_id, chunk_ord))::int as different, count(embedding)::int as embedded
      from upload_pipeline.document_chunks where document_id in ${
      sql(documents)
    }`;
    expect(chunks.documents).toBe(DOCUMENTS);
    expect(chunks.chunks).toBeGreaterThan(DOCUMENTS * 20);
    expect(chunks.different).toBe(chunks.chunks);
    expect(chunks.embedded).toBe(chunks.chunks);
    const { retired } = await functionEnds("worker");
    expect(retired).toBeGreaterThan(before.retired);
  });
});

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
