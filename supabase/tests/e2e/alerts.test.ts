import { afterAll, afterEach, beforeEach, expect, it } from "vitest";
import { createUser, eventually, openai, upload, waitFor } from "./harness.ts";
import { useDatabase } from "./hooks.ts";
import { startReceiver } from "./webhook_receiver.ts";

const sql = useDatabase();
const receiver = await startReceiver();

beforeEach(async () => {
  await openai.reset();
  const [{ secret }] = await sql`
    select pipeline_internal.add_endpoint(
      'on_call', ${receiver.url}, array['alert.opened', 'alert.closed']) as secret`;
  receiver.state.secret = secret;
  // The alert opens and closes without a delay.
  await sql`
    update pipeline_internal.alert_rules set for_seconds = 0, keep_firing_seconds = 0 where rule = 'PipelineCircuitOpen'`;
});
afterEach(async () => {
  await openai.reset();
  await sql`
    update pipeline_internal.alert_rules set for_seconds = 60, keep_firing_seconds = 60 where rule = 'PipelineCircuitOpen'`;
  await sql`select pipeline_internal.remove_endpoint('on_call')`;
});
afterAll(async () => {
  await receiver.stop();
});

/** The notifications about OpenAI's circuit that the receiver got. */
const notifications = () =>
  receiver.received.map(({ body }) => body)
    .filter(({ data }) => data.rule === "PipelineCircuitOpen" && data.subject === "openai");

/** Runs concurrent evaluations, as pg_cron and an operator may. */
async function evaluate() {
  await Promise.all(
    Array.from(
      { length: 3 },
      () => sql`select pipeline_internal.evaluate_alerts()`,
    ),
  );
}

it("sends one signed notification when an alert opens and one when it closes", async () => {
  await openai.faults({
    next_responses: [{
      route: "embeddings",
      status: 429,
      code: "insufficient_quota",
      count: 99,
    }],
  });
  const user = await createUser();
  const { document_id } = await upload(user);
  await eventually(
    async () =>
      (await sql`
        select from pipeline_internal.providers where provider = 'openai' and opened_at is not null`)
        .length > 0,
    "the circuit to open",
  );
  await evaluate();
  await eventually(
    () => Promise.resolve(notifications().length > 0),
    "the alert",
  );
  await evaluate();

  await openai.reset();
  await eventually(async () => {
    await sql`select pipeline_internal.probe_provider('openai')`;
    return (await sql`
      select from pipeline_internal.providers where opened_at is not null`)
      .length === 0;
  }, "the circuit to close");
  await waitFor(user, document_id, ["complete"]);
  await evaluate();
  await eventually(
    () => Promise.resolve(notifications().length > 1),
    "the all-clear",
  );
  await evaluate();
  await eventually(
    async () =>
      (await sql`
        select from pipeline_internal.outbox where delivered_at is null`)
        .length === 0,
    "the outbox to be empty",
  );

  expect(receiver.forged).toEqual([]);
  expect(notifications().map(({ type }) => type)).toEqual([
    "alert.opened",
    "alert.closed",
  ]);
  const [opened, closed] = notifications().map(({ data }) => data);
  expect(opened).toMatchObject({
    severity: "critical",
    summary: "The circuit of openai is open: it fails, throttles, or its credit is exhausted.",
  });
  expect(closed.alert_id).toBe(opened.alert_id);
  expect(closed.closed_at > closed.opened_at).toBe(true);
});

it("evaluates alerts twice a minute by pg_cron", async () => {
  const [job] = await sql`
    select schedule, command, active from cron.job where jobname = 'pipeline-alerts'`;
  expect(job).toEqual({
    schedule: "30 seconds",
    command: "select pipeline_internal.evaluate_alerts()",
    active: true,
  });
});
