import postgres from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { LOCAL_KEYS } from "../../../scripts/platform/stack/keys.ts";
import { createUser, eventually, functionsUrl, llamaparse, stack, upload, type User, waitFor } from "./harness.ts";
import { useDatabase } from "./hooks.ts";

/** pg_net as hosted: every login can read its tables, and a hanging call delays those behind it. */
const sql = useDatabase();
const ROLE = "stranger_of_pg_net";
const PASSWORD = "any-login-of-the-database";
let stranger: postgres.Sql;
let user: User;
let hanging: Deno.HttpServer<Deno.NetAddr>;
let hung = 0;
let letGo = Promise.withResolvers<void>();

beforeAll(async () => {
  await sql.unsafe(`create role ${ROLE} login password '${PASSWORD}'`);
  const url = new URL(stack.databaseUrl);
  url.username = ROLE;
  url.password = PASSWORD;
  stranger = postgres(url.href, { max: 1, onnotice: () => {} });
  hanging = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async () => {
      hung++;
      await letGo.promise;
      return new Response();
    },
  );
  user = await createUser();
});

afterEach(() => {
  letGo.resolve();
});

afterAll(async () => {
  await stranger.end();
  await sql.unsafe(`drop role ${ROLE}`);
  await hanging.shutdown();
});

interface Queued {
  id: string;
  url: string;
  headers: { authorization: string };
}

/** Makes pg_net wait for an answer, so that queued calls can be inspected. */
async function holdCalls(): Promise<void> {
  letGo = Promise.withResolvers();
  const before = hung;
  await stranger`
    insert into net.http_request_queue (method, url, timeout_milliseconds)
    values ('GET', ${`http://127.0.0.1:${hanging.addr.port}/`}, 60000)`;
  await eventually(() => Promise.resolve(hung > before), "the call that hangs");
}

/** The queued calls to this route of the worker, as any database login sees them. */
function waiting(route: string): Promise<Queued[]> {
  return stranger<Queued[]>`
    select id, url, headers from net.http_request_queue where url like ${`${functionsUrl}/worker/${route}%`} order by id`;
}

async function setSweep(isActive: boolean): Promise<void> {
  await sql`select cron.alter_job(jobid, active => ${isActive}) from cron.job where jobname = 'pipeline-sweep'`;
}

async function send(url: string, authorization: string): Promise<number> {
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization },
  });
  await response.body?.cancel();
  return response.status;
}

describe("a database login without privileges", () => {
  it("finds no lasting secret in a queued call, and can only repeat that call", async () => {
    await llamaparse.reset();
    await holdCalls();
    const { document_id, job_id } = await upload(user);
    const [queued] = await eventually(async () => {
      const calls = await waiting("parse");
      return calls.length > 0 && calls;
    }, "the call to wait behind the one that hangs");
    expect(JSON.stringify(queued)).not.toContain(LOCAL_KEYS.workerSecret);

    const { url, headers: { authorization } } = queued;
    const others = [
      url.replace("/parse?", "/embed?"),
      url.replace(/run_id=.*/, `run_id=${crypto.randomUUID()}`),
      `${functionsUrl}/worker/parse`,
      `${functionsUrl}/worker/cleanup`,
    ];
    for (const other of others) {
      expect([other, await send(other, authorization)]).toEqual([other, 401]);
    }
    for (let i = 0; i < 3; i++) {
      expect(await send(url, authorization)).toBe(202);
    }
    await eventually(
      async () => await llamaparse.count("create") > 0,
      "the document to be read",
    );
    letGo.resolve();
    await waitFor(user, document_id, ["complete"]);
    // pg_net's own call came after these.
    await eventually(async () => {
      const [answered] = await stranger`
        select status_code from net._http_response where id = ${queued.id}`;
      return answered?.status_code === 202;
    }, "the call to be answered");
    expect(await llamaparse.count("create")).toBe(1);
    const runId = new URL(url).searchParams.get("run_id");
    const [runs] = await sql`
      select count(*)::int from pipeline_internal.worker_runs where run_id = ${runId}`;
    expect(runs.count).toBe(1);
    const passed = await sql`
      select status from upload_pipeline.events
      where job_id = ${job_id} and type = 'status' group by status having count(*) > 1`;
    expect(passed).toEqual([]);
  });

  it("cannot stop a document's processing by deleting its calls", async () => {
    await holdCalls();
    const { document_id } = await upload(user);
    await eventually(
      async () => (await waiting("parse")).length > 0,
      "the call to wait",
    );
    await stranger`delete from net.http_request_queue where url like ${`${functionsUrl}/%`}`;
    letGo.resolve();
    await waitFor(user, document_id, ["complete"]);
  });
});

describe("calls behind a hanging one", () => {
  it("do not accumulate when they wait long and the sweeper runs often", async () => {
    // Two wakes at the same moment may both call; which runs begin is decided later. So the schedule rests meanwhile.
    await setSweep(false);
    onTestFinished(() => setSweep(true));
    await eventually(async () => (await waiting("")).length === 0, "earlier calls to be answered");
    await holdCalls();
    const { document_id } = await upload(user);
    await eventually(
      async () => (await waiting("parse")).length > 0,
      "the call to wait",
    );
    await sql`
      insert into pipeline_internal.file_cleanups (path) values ('user/none/raw/nothing.pdf')`;
    for (let i = 0; i < 5; i++) {
      await sql`
        update pipeline_internal.worker_runs set called_at = called_at - interval '6 seconds'
        where started_at is null and ended_at is null`;
      await sql`select pipeline_internal.sweep()`;
    }
    const [{ max_invocations }] = await sql`
      select max_invocations from pipeline_internal.stages where stage = 'parse'`;
    expect((await waiting("parse")).length).toBeLessThanOrEqual(
      max_invocations,
    );
    expect((await waiting("cleanup")).length).toBeLessThanOrEqual(1);
    letGo.resolve();
    await waitFor(user, document_id, ["complete"]);
  });

  it("are answered at once when the database is locked", async () => {
    // The lock keeps every run of the stage from starting; the worker answers all the same.
    await sql.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(pipeline_internal.stage_lock('embed'))`;
      const [called] = await sql`
        select pipeline_internal.call_worker('embed?run_id=' || gen_random_uuid()) as id`;
      const answer = await eventually(async () => {
        const [answer] = await stranger`
          select status_code, timed_out from net._http_response where id = ${called.id}`;
        return answer;
      }, "the worker's answer");
      expect(answer).toEqual({ status_code: 202, timed_out: false });
    });
  });
});
