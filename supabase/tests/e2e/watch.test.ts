import { afterEach, beforeAll, expect, it } from "vitest";
import { connect as connectTo } from "../../../scripts/ops/project/database.ts";
import { watchRelease } from "../../../scripts/ops/deploy/watch.ts";
import { call, createUser, ENDED, fixture, stack, upload, type User, variant, waitFor } from "./harness.ts";
import { useDatabase } from "./hooks.ts";

const sql = useDatabase();
let user: User;

beforeAll(async () => {
  user = await createUser();
  // The first check should not wait for the function to start.
  await call("/api/health");
});

afterEach(async () => {
  await repair();
});

/** The API's health is cached for a second. */
const LOOK_EVERY_MS = 1_200;
/** An address without a server. */
const NOWHERE = "http://127.0.0.1:1";

/** Checks often for some seconds; `onLook` runs after each check and may change what the next one sees. */
function watch({ seconds = 30, url = stack.url, database = sql, onLook }: {
  seconds?: number;
  url?: string;
  database?: typeof sql;
  onLook?: (look: number) => Promise<void> | void;
} = {}) {
  let looks = 0;
  const changes: (Promise<void> | void)[] = [];
  const breaches = watchRelease(
    database,
    { url },
    seconds / 60,
    (line) => {
      if (!line.startsWith("  ")) return;
      looks++;
      changes.push(onLook?.(looks));
    },
    LOOK_EVERY_MS,
  );
  return breaches.then(async (found) => {
    await Promise.all(changes);
    return { found, looks };
  });
}

const openCircuit = async () => {
  await sql`
    update pipeline_internal.providers set opened_at = now(), probe_at = now() + interval '1 hour'
    where provider = 'openai'`;
};

/** A due document that has waited this long, while its stage is paused. */
async function letWorkWait(seconds: number) {
  await sql`select pipeline_internal.pause_stage('parse', 'the watch is tested')`;
  const { document_id } = await upload(user);
  await sql`update pgmq.q_parse set vt = clock_timestamp() - make_interval(secs => ${seconds})`;
  return document_id;
}

async function repair() {
  await sql`update pipeline_internal.providers set opened_at = null, probe_at = null`;
  await sql`select pipeline_internal.resume_stage('parse')`;
}

it("watchRelease keeps a healthy release", async () => {
  const { found, looks } = await watch({ seconds: 3 });
  expect(found).toEqual([]);
  expect(looks).toBeGreaterThan(1);
});

it("watchRelease rolls back when documents fail", async () => {
  const broken = await fixture("not_a_pdf.pdf");
  const watched = watch();
  await Promise.all(
    Array.from({ length: 10 }, () => upload(user, variant(broken))),
  );
  expect((await watched).found).toEqual([
    expect.stringMatching(/^(1\d) of \1 documents failed \(more than 10 %\)$/),
  ]);
});

it("watchRelease ignores failures from before the release", async () => {
  const { found } = await watch({ seconds: 1 });
  expect(found).toEqual([]);
});

it("watchRelease rolls back when due work waits too long, and ignores shorter waits", async () => {
  const documentId = await letWorkWait(30);
  expect((await watch({ seconds: 1 })).found).toEqual([]);
  await sql`update pgmq.q_parse set vt = clock_timestamp() - interval '61 seconds'`;
  const { found, looks } = await watch();
  expect(found).toEqual([
    expect.stringMatching(/^due work has waited for 6\d s/),
  ]);
  expect(looks).toBe(2);
  await repair();
  await waitFor(user, documentId, ENDED);
});

it("watchRelease rolls back when a provider, the API or the database is down", async () => {
  await openCircuit();
  expect((await watch()).found).toEqual(["down: openai"]);
  await repair();

  expect((await watch({ url: NOWHERE })).found).toEqual([
    expect.stringMatching(/^down: api \(.+\)$/),
  ]);

  const { databaseUrl } = stack;
  const database = connectTo(databaseUrl.replace(/:\d+\//, ":1/"));
  expect((await watch({ database })).found).toEqual([
    expect.stringMatching(/^down: the database, from here \(.+\)$/),
  ]);
  await database.end({ timeout: 0 });
});

it("watchRelease ignores a fault that is gone at the next check", async () => {
  await openCircuit();
  const { found, looks } = await watch({
    seconds: 3,
    onLook: (look) => look === 1 ? repair() : undefined,
  });
  expect(found).toEqual([]);
  expect(looks).toBeGreaterThan(1);

  const documentId = await letWorkWait(90);
  const waiting = await watch({
    seconds: 3,
    onLook: (look) => look === 1 ? repair() : undefined,
  });
  expect(waiting.found).toEqual([]);
  await waitFor(user, documentId, ENDED);
});

it("watchRelease checks once more when the last check finds a fault", async () => {
  const { found } = await watch({
    // Longer than the cached health of the first check, so that the last check is the first to see the fault.
    seconds: 1.1,
    onLook: (look) => look === 1 ? openCircuit() : undefined,
  });
  expect(found).toEqual(["down: openai"]);
});
