import { resolve } from "node:path";
import { expect, it } from "vitest";
import type postgres from "postgres";
import { checkQueues } from "../../../scripts/ops/doctor/database.ts";
import { examinePipeline } from "../../../scripts/ops/doctor/doctor.ts";
import { BEYOND_CONFIG, declaredAuthSettings } from "../../../scripts/ops/project/auth_settings.ts";
import { LOCAL_KEYS } from "../../../scripts/platform/stack/keys.ts";
import { functionsUrl, llamaparse, openai, stack } from "./harness.ts";
import { useDatabase } from "./hooks.ts";

const sql = useDatabase();

const SETTINGS = {
  LLAMAPARSE_API_KEY: "llx-test",
  LLAMAPARSE_API_URL: stack.llamaparseUrl,
  OPENAI_API_KEY: "sk-test",
  OPENAI_API_URL: `${stack.openaiUrl}/v1`,
  WEBHOOK_SIGNING_SECRET: LOCAL_KEYS.webhookSigningSecret,
};

const source = resolve(import.meta.dirname!, "../../..");

async function examine(settings: Record<string, string> = SETTINGS) {
  return await examinePipeline({
    ...stack,
    settings,
    source,
    plan: "team",
    authSettings: { ...await declaredAuthSettings(source), ...BEYOND_CONFIG },
  }, { roundTrips: true });
}

it("a running pipeline meets every requirement", async () => {
  const findings = await examine();
  expect(findings.filter(({ status }) => status !== "met")).toEqual([]);
  expect(findings.map(({ requirement }) => requirement)).toEqual(
    expect.arrayContaining([
      "extension pgmq",
      "migrations",
      "cron job sweep",
      "queues",
      "Vault: functions' address",
      "row-level security",
      "Supabase's advisors",
      "connections",
      "clock",
      "Data API",
      "Auth's guards",
      "OpenAI's key",
      "wake-up round trip",
      "webhook round trip",
    ]),
  );
  const scheduled = await sql`
    select replace(jobname, 'pipeline-', 'cron job ') as name from cron.job where jobname like 'pipeline-%'`;
  expect(
    findings.map(({ requirement }) => requirement)
      .filter((name) => name.startsWith("cron job ")).sort(),
  ).toEqual(scheduled.map(({ name }) => name).sort());
  const [{ left }] = await sql`
    select count(*)::int as left from pipeline_internal.deliveries where event_id like 'doctor-%'`;
  expect(left).toBe(0);
});

it("each broken requirement is reported with a remedy", async () => {
  const setUrl = (url: string) =>
    sql`select vault.update_secret(id, ${url}) from vault.secrets where name = 'pipeline_functions_url'`;
  await sql`create table pipeline_internal.left_open (a int)`;
  await sql`select cron.alter_job(jobid, active := false) from cron.job where jobname = 'pipeline-purge'`;
  await sql`insert into supabase_migrations.schema_migrations (version, name) values ('99990101000000', 'unknown')`;
  await setUrl(functionsUrl.replace("/v1", "/v2"));
  await llamaparse.faults({ next_responses: [{ route: "list", status: 401 }] });
  await openai.faults({ next_responses: [{ route: "model", status: 403 }] });
  try {
    const findings = await examine({
      ...SETTINGS,
      WEBHOOK_SIGNING_SECRET: "not the one that was set",
    });
    const unmet = findings.filter(({ status }) => status === "unmet");
    expect(unmet.map(({ requirement }) => requirement)).toEqual([
      "migrations",
      "cron job purge",
      "Vault: functions' address",
      "row-level security",
      "LlamaParse's key",
      "OpenAI's key",
      "wake-up round trip",
      "webhook round trip",
    ]);
    for (const { remedy } of unmet) expect(remedy).toMatch(/\w+/);
  } finally {
    await setUrl(functionsUrl);
    await sql`delete from supabase_migrations.schema_migrations where version = '99990101000000'`;
    await sql`select cron.alter_job(jobid, active := true) from cron.job where jobname = 'pipeline-purge'`;
    await sql`drop table pipeline_internal.left_open`;
    await llamaparse.reset();
    await openai.reset();
  }
});

it("a missing queue, as after restoring a dump, is reported", async () => {
  await sql.begin(async (tx) => {
    await tx`alter table pgmq.q_chunk rename to q_chunk_away`;
    expect(await checkQueues(tx as unknown as postgres.Sql)).toMatchObject({
      status: "unmet",
      found: "missing: chunk",
      remedy: expect.stringContaining("create_queues()"),
    });
    throw new Error("back again");
  }).catch((error) => expect(error.message).toBe("back again"));
});

it("each reason why the database cannot wake a worker is reported", async () => {
  const wakeUp = async () => (await examine()).find(({ requirement }) => requirement === "wake-up round trip")!;
  const secrets = await sql`
    select name, decrypted_secret as value from vault.decrypted_secrets where name like 'pipeline_%'`;
  const valueOf = (name: string) => secrets.find((secret) => secret.name === name)!.value;
  const set = (name: string, value: string) =>
    sql`select vault.update_secret(id, ${value}) from vault.secrets where name = ${name}`;
  const faults = [
    ["pipeline_worker_secret", "another", /WORKER_SECRET/, /again/],
    [
      "pipeline_functions_url",
      "http://127.0.0.1:1/v1",
      /does not reach/,
      /functions_url/,
    ],
  ] as const;
  for (const [name, value, found, remedy] of faults) {
    await set(name, value);
    try {
      expect(await wakeUp()).toMatchObject({
        status: "unmet",
        found: expect.stringMatching(found),
        remedy: expect.stringMatching(remedy),
      });
    } finally {
      await set(name, valueOf(name));
    }
  }
  expect(await wakeUp()).toMatchObject({ status: "met" });
});
