import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { connect as connectTo } from "../../../scripts/ops/project/database.ts";
import { watchRelease } from "../../../scripts/ops/deploy/watch.ts";
import {
  call,
  connect,
  createUser,
  ENDED,
  fixture,
  handbook,
  stack,
  upload,
  type User,
  variant,
  waitFor,
} from "./harness.ts";

const sql = connect();
let user: User;

beforeAll(async () => {
  user = await createUser();
  // The first look is not to wait for the function to start.
  await call("/api/health");
});

afterEach(async () => {
  await mend();
});

afterAll(() => sql.end());

/** The API's health stands for a second. */
const LOOK_EVERY_MS = 1_200;
/** Where nothing listens. */
const NOWHERE = "http://127.0.0.1:1";

/** Looks often for some seconds; `onLook` is told of each look's line, and may change what the next one will see. */
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

/** Nothing takes the document that waits to be parsed, and it has waited for so long. */
async function letWorkWait(seconds: number) {
  await sql`select pipeline_internal.pause_stage('parse', 'the watch is tested')`;
  const { document_id } = await upload(user, variant(await handbook()));
  await sql`update pgmq.q_parse set vt = clock_timestamp() - make_interval(secs => ${seconds})`;
  return document_id;
}

async function mend() {
  await sql`update pipeline_internal.providers set opened_at = null, probe_at = null`;
  await sql`select pipeline_internal.resume_stage('parse')`;
}

it("a release that is well may stay", async () => {
  const { found, looks } = await watch({ seconds: 3 });
  expect(found).toEqual([]);
  expect(looks).toBeGreaterThan(1);
});

it("a release whose documents fail is to go back", async () => {
  const broken = await fixture("not_a_pdf.pdf");
  const watched = watch();
  await Promise.all(
    Array.from({ length: 10 }, () => upload(user, variant(broken))),
  );
  expect((await watched).found).toEqual([
    expect.stringMatching(/^(1\d) of \1 documents failed \(more than 10 %\)$/),
  ]);
});

it("what failed before is not this release's doing", async () => {
  const { found } = await watch({ seconds: 1 });
  expect(found).toEqual([]);
});

it("a release whose work waits is to go back; work that waits less is no matter", async () => {
  const documentId = await letWorkWait(30);
  expect((await watch({ seconds: 1 })).found).toEqual([]);
  await sql`update pgmq.q_parse set vt = clock_timestamp() - interval '61 seconds'`;
  const { found, looks } = await watch();
  expect(found).toEqual([
    expect.stringMatching(/^due work has waited for 6\d s/),
  ]);
  expect(looks).toBe(2);
  await mend();
  await waitFor(user, documentId, ENDED);
});

it("a release is to go back when a provider is down, the API or the database", async () => {
  await openCircuit();
  expect((await watch()).found).toEqual(["down: openai"]);
  await mend();

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

it("what has passed by the next look is a blip", async () => {
  await openCircuit();
  const { found, looks } = await watch({
    seconds: 3,
    onLook: (look) => look === 1 ? mend() : undefined,
  });
  expect(found).toEqual([]);
  expect(looks).toBeGreaterThan(1);

  const documentId = await letWorkWait(90);
  const waiting = await watch({
    seconds: 3,
    onLook: (look) => look === 1 ? mend() : undefined,
  });
  expect(waiting.found).toEqual([]);
  await waitFor(user, documentId, ENDED);
});

it("trouble at the last look is looked at once more", async () => {
  const { found } = await watch({
    // Longer than what the first look saw of the health stands, so that the last one is the first to see it.
    seconds: 1.1,
    onLook: (look) => look === 1 ? openCircuit() : undefined,
  });
  expect(found).toEqual(["down: openai"]);
});
