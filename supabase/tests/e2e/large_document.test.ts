import process from "node:process";
import { beforeEach, describe, expect, it } from "vitest";
import { makePdf } from "../../../scripts/platform/simulators/llamaparse/sample_pdf.ts";
import {
  createUser,
  eventually,
  llamaparse,
  openai,
  restartFunctions,
  upload,
  waitFor,
  waitUntilIdle,
} from "./harness.ts";
import { useDatabase } from "./hooks.ts";

/** The least number of chunks. `LARGE_DOCUMENT=5000` is a realistic maximum. */
const CHUNKS = Number(process.env.LARGE_DOCUMENT ?? 1_100);
const ENTRIES_PER_PAGE = 34;
/** The free plan's limit for an invocation, in seconds. */
const WALL_CLOCK = 150;

/** Each entry has a heading and too much text to share a chunk with the next. */
function makeLedger(pageCount: number): Promise<Uint8Array> {
  return makePdf((doc) => {
    for (let page = 1; page <= pageCount; page++) {
      if (page > 1) doc.addPage();
      for (let entry = 1; entry <= ENTRIES_PER_PAGE; entry++) {
        const y = 50 + entry * 28;
        doc.font("Helvetica-Bold").fontSize(9).text(
          `Entry ${page}.${entry}`,
          40,
          y,
        );
        doc.font("Helvetica").fontSize(6).text(
          `Entry ${entry} of page ${page}: the harbour office counted ${page * 31 + entry} boats that came in, ${
            page * 7 + entry
          } ` +
            "that went out, and wrote the sums into its book, in ink. A second clerk compared the sums with those of " +
            `${1700 + page * entry % 200}, found ${
              page * entry % 13
            } mistakes, corrected them in the margin and signed below with ` +
            "the date, the hour and the state of the tide.",
          40,
          y + 11,
        );
      }
    }
  }, { size: [612, 1_100] });
}

describe("a very large document", () => {
  const sql = useDatabase();
  beforeEach(async () => {
    await waitUntilIdle(sql);
    await restartFunctions();
    await llamaparse.reset();
    await openai.reset();
  });

  it(
    "is embedded by several invocations within the platform's limits, each chunk once",
    {
      timeout: 120_000 + CHUNKS * 100,
    },
    async () => {
      const user = await createUser();
      const bytes = await makeLedger(
        Math.ceil(CHUNKS / (ENTRIES_PER_PAGE - 4)),
      );
      const [{ now: startedAt }] = await sql`select clock_timestamp() as now`;
      const { document_id } = await upload(user, bytes);
      await waitFor(user, document_id, ["complete"], 60_000 + CHUNKS * 60);

      const [chunks] = await sql<{ total: number; embedded: number }[]>`
      select count(*)::int as total, count(embedding)::int as embedded
      from upload_pipeline.document_chunks where document_id = ${document_id}`;
      expect(chunks.total).toBeGreaterThanOrEqual(CHUNKS);
      expect(chunks.embedded).toBe(chunks.total);

      // Several runs shared the work; none exceeded the time or memory limit. The last one ends shortly after the
      // document is complete.
      const runs = await eventually(async () => {
        const ended = await sql<
          { ended_by: string; seconds: number; settled_count: number }[]
        >`
        select ended_by, settled_count, extract(epoch from ended_at - started_at)::float as seconds
        from pipeline_internal.worker_runs
        where stage = 'embed' and started_at >= ${startedAt} and ended_by is distinct from 'refused'`;
        return ended.every((run) => run.ended_by) && ended;
      }, "the last run's end");
      const working = runs.filter((run) => run.settled_count > 0);
      expect(working.length).toBeGreaterThanOrEqual(
        Math.ceil(chunks.total / 512),
      );
      for (const { ended_by, seconds } of runs) {
        expect(ended_by).toMatch(/^(drained|budget)$/);
        expect(seconds).toBeLessThan(WALL_CLOCK);
      }
      const [job] = await sql`
      select retry_count from upload_pipeline.upload_jobs where document_id = ${document_id}`;
      expect(job.retry_count).toBe(0);

      // A run does not repeat the embeddings of the previous one.
      const { requests } = await openai.log();
      const inputs = requests.map((request) => request.metadata.inputs as number);
      expect(inputs.reduce((total, count) => total + count, 0)).toBe(
        chunks.total,
      );
    },
  );
});
