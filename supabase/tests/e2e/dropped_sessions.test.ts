import process from "node:process";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makePdf } from "../../../scripts/platform/simulators/llamaparse/sample_pdf.ts";
import {
  call,
  connect,
  createUser,
  llamaparse,
  openai,
  pause,
  register,
  stack,
  upload,
  type User,
  waitFor,
  waitUntilIdle,
} from "./harness.ts";

/** How long sessions are terminated; the default suits a run of all tests. */
const CUT_SECONDS = Number(process.env.DROPPED_SESSIONS_SECONDS || 10);
const CUT_EVERY_MS = 700;
const REQUESTS_PER_SECOND = 40;
/** Time after the last termination in which requests may fail, and the further time in which they are watched. */
const HEALED_MS = 5_000;
const WATCHED_MS = 5_000;
/** A request that waits for a connection is answered within this time. */
const SLOWEST_MS = 12_000;

interface Answer {
  what: string;
  status: number;
  retryAfter: string | null;
  code: string | undefined;
  ms: number;
  at: number;
}

describe(
  "terminating database sessions under load",
  { retry: 0 },
  () => {
    const sql = connect();
    // The test's own sessions are excluded.
    const cutter = postgres(stack.databaseUrl, {
      max: 1,
      onnotice: () => {},
      connection: { application_name: "cutter" },
    });
    let user: User;
    let limit: { uploads_per_user_per_day: number };
    let documentId: string;
    beforeAll(async () => {
      await llamaparse.reset();
      await openai.reset();
      await waitUntilIdle(sql);
      user = await createUser();
      ({ document_id: documentId } = await upload(user, await page("first")));
      await waitFor(user, documentId, ["complete"]);
      // The lease of a terminated session expires within seconds.
      await sql`update pipeline_internal.stages set lease_seconds = 3`;
      [limit] = await sql<[typeof limit]>`
        select uploads_per_user_per_day from pipeline_internal.limits`;
      await sql`update pipeline_internal.limits set uploads_per_user_per_day = 100000`;
      await sql.end();
    });
    afterAll(async () => {
      await cutter`update pipeline_internal.stages set lease_seconds = 60`;
      await cutter`update pipeline_internal.limits set ${cutter(limit)}`;
      await cutter.end();
    });

    const page = (text: string) =>
      makePdf((doc) => {
        doc.fontSize(12).text(`The ${text} report about valves and gaskets.`);
      });

    const ask: Record<string, (n: number) => ReturnType<typeof call>> = {
      status: () => call(`/api/documents/${documentId}/status`, { user }),
      search: () =>
        call("/api/search", {
          method: "POST",
          user,
          json: { query: "valves", mode: "text" },
        }),
      listing: () => call("/api/documents", { user }),
      upload: async (n) => await register(user, await page(`unsent ${n}`)),
      health: () => call("/api/health"),
      webhook: () => call("/webhook/status"),
    };
    const MIX = [
      ...["status", "search", "status", "listing", "status", "webhook"],
      ...["status", "search", "upload", "health"],
    ];

    async function cutAll(): Promise<number> {
      const cut = await cutter`
      select pg_terminate_backend(pid) from pg_stat_activity
      where usename = current_user and backend_type = 'client backend' and application_name <> 'cutter'`;
      return cut.length;
    }

    it(
      "fails only running requests, and none a few seconds later",
      { timeout: CUT_SECONDS * 1000 + 180_000 },
      async () => {
        const answers: Answer[] = [];
        const asking: Promise<void>[] = [];
        let isOver = false;
        const send = async (n: number) => {
          const what = MIX[n % MIX.length];
          const startedAt = performance.now();
          const { status, headers, body } = await ask[what](n);
          const at = performance.now();
          answers.push({
            what,
            status,
            retryAfter: headers.get("retry-after"),
            code: body?.error?.code,
            ms: at - startedAt,
            at,
          });
        };
        const load = (async () => {
          const begunAt = performance.now();
          for (let n = 0; !isOver; n++) {
            const due = begunAt + n * 1000 / REQUESTS_PER_SECOND;
            await pause(Math.max(0, due - performance.now()));
            asking.push(send(n));
          }
        })();

        // Documents that are processed during the terminations.
        const uploaded: string[] = [];
        const cutUntil = performance.now() + CUT_SECONDS * 1000;
        let cuts = 0;
        let lastCutAt = 0;
        for (let n = 0; performance.now() < cutUntil; n++) {
          await pause(CUT_EVERY_MS);
          if (n % 3 === 0) {
            const { document_id } = await upload(user, await page(`sent ${n}`))
              .catch(() => ({ document_id: null }));
            if (document_id) uploaded.push(document_id);
          }
          cuts += await cutAll();
          lastCutAt = performance.now();
        }
        await pause(HEALED_MS + WATCHED_MS);
        isOver = true;
        await load;
        await Promise.all(asking);

        const failed = answers.filter(({ status }) => status >= 400);
        console.log(`sessions cut: ${cuts}; answers: ${answers.length}`);
        console.log("failed:", tally(failed), "late:", tally(late(failed)));
        console.log(
          "slowest:",
          answers.toSorted((a, b) => b.ms - a.ms).slice(0, 6).map((a) =>
            `${a.what} ${a.status} ${Math.round(a.ms)} ms, ${Math.round(a.at - lastCutAt)} ms after the last cut`
          ),
        );
        expect(cuts).toBeGreaterThan(CUT_SECONDS);
        // No isolate ended (546), and every 503 has a Retry-After.
        expect(tally(failed.filter((a) => a.status !== 503 || !a.retryAfter)))
          .toEqual({});
        expect(tally(late(failed))).toEqual({});
        expect(answers.filter((a) => a.ms > SLOWEST_MS)).toEqual([]);
        for (const id of uploaded) await waitFor(user, id, ["complete"]);

        function late(answers: Answer[]) {
          return answers.filter(({ at }) => at > lastCutAt + HEALED_MS);
        }
      },
    );
  },
);

/** Counts answers by kind. */
function tally(answers: Answer[]): Record<string, number> {
  const count: Record<string, number> = {};
  for (const { what, status, code } of answers) {
    const kind = `${what} ${status} ${code}`;
    count[kind] = (count[kind] ?? 0) + 1;
  }
  return count;
}
