import postgres from "postgres";
import { createUsers, registerUploads, sendBytes, tokenFor } from "../../platform/test_stack/uploads.ts";
import { ControlClient } from "../../platform/simulators/control_client.ts";
import { LOCAL_KEYS } from "../../platform/stack/keys.ts";
import type { TestStack } from "../../platform/test_stack/test_stack.ts";
import { fires, until } from "./notifier.ts";
import type { Watch } from "./watch.ts";

/** A fault and its alerts. The runbook's remedy of these alerts repairs it. */
export interface Fault {
  what: string;
  alerts: string[];
  /**
   * Injects the fault. Causes outside an operator's control, a provider or a receiver, are repaired through `world`
   * before the remedy.
   */
  inject(scene: Scene, world: AsyncDisposableStack): Promise<void>;
  /** Values for the remedy's blanks. */
  blanks?: Record<string, string | ((scene: Scene) => string)>;
  /** Work after the repair, if the alert needs it to resolve. */
  afterwards?(scene: Scene): Promise<unknown>;
}

/** The drilled stack, from inside and outside. */
export interface Scene {
  stack: TestStack;
  watch: Watch;
  sql: postgres.Sql;
  llamaparse: ControlClient;
  openai: ControlClient;
  /** Uploads documents of new users, one each. */
  upload(count: number): Promise<void>;
  /** Sends questions of one user; returns the statuses of the answers. */
  search(count: number): Promise<number[]>;
  /** Opens another client's connections to the database, under this name. */
  strangers(name: string, count: number): postgres.Sql;
  /** Cleanup at the end of the drill. */
  cleanup: AsyncDisposableStack;
}

/** More answers than the drill needs; the repair removes the rest. */
const MANY = 500;

/** An address without a server. */
const NOWHERE = "http://127.0.0.1:9";

export const FAULTS: Record<string, Fault> = {
  provider: {
    what: "OpenAI returns 429",
    alerts: ["PipelineCircuitOpen"],
    blanks: { provider: "openai" },
    async inject({ openai, upload }, world) {
      world.defer(() => openai.reset());
      await openai.faults({
        next_responses: [{
          route: "embeddings",
          status: 429,
          headers: { "retry-after": "600" },
          count: MANY,
        }],
      });
      await upload(1);
    },
  },

  down: {
    what: "Prometheus has a wrong secret",
    alerts: ["PipelineDown"],
    blanks: { metrics_secret: LOCAL_KEYS.metricsSecret },
    inject: ({ stack }) => setSecret(stack, "METRICS_SECRET", "another"),
  },

  flapping: {
    what: "Prometheus had a wrong secret for a moment",
    // An unreachable API is an alert of its own, which suppresses this one.
    alerts: ["PipelineUptimeLow"],
    blanks: { metrics_secret: LOCAL_KEYS.metricsSecret },
    async inject({ stack, watch }) {
      await setSecret(stack, "METRICS_SECRET", "another");
      await fires(watch, "PipelineDown");
      await setSecret(stack, "METRICS_SECRET", LOCAL_KEYS.metricsSecret);
    },
  },

  lost: {
    what: "the database has a wrong workers' URL",
    alerts: ["PipelineWorkersSilent"],
    async inject({ sql, upload }) {
      await sql`
        select vault.update_secret(id, ${NOWHERE}) from vault.secrets where name = 'pipeline_functions_url'`;
      await upload(2);
    },
  },

  paused: {
    what: "a stage was paused and forgotten",
    alerts: ["PipelineQueueOld"],
    blanks: { stage: "embed" },
    async inject({ sql, upload }) {
      await sql`select pipeline_internal.pause_stage('embed', 'a drill')`;
      await upload(1);
    },
  },

  clock: {
    what: "the sweeper is disabled, and a wake-up is lost",
    alerts: ["PipelineSchedulesSilent", "PipelineJobsStuck"],
    async inject({ sql, upload }) {
      await switchOff(sql, "pipeline-sweep");
      await unheard(sql, () => upload(1));
    },
  },

  purged: {
    what: "a queue is purged, and the reconciler is disabled",
    alerts: ["PipelineMessagesLost"],
    async inject({ sql, upload }) {
      await switchOff(sql, "pipeline-reconcile");
      await unheard(sql, async () => {
        await upload(1);
        await sql`select pgmq.purge_queue('parse')`;
      });
      // The reconciler skips jobs that changed within a minute.
      await sql`
        update upload_pipeline.upload_jobs set updated_at = updated_at - interval '1 minute' where stage = 'parse'`;
    },
  },

  refused: {
    what: "LlamaParse refuses every document",
    alerts: ["PipelineDeadLetterGrowing", "PipelineDocumentsFailing"],
    blanks: { code: "LLAMAPARSE_REJECTED" },
    async inject({ llamaparse, upload }, world) {
      world.defer(() => llamaparse.reset());
      await llamaparse.faults({
        next_responses: [{ route: "files", status: 422, count: MANY }, {
          route: "create",
          status: 422,
          count: MANY,
        }],
      });
      await upload(8);
    },
  },

  silence: {
    what: "LlamaParse calls an unreachable webhook",
    alerts: ["PipelineWebhooksSilent"],
    async inject({ stack, upload }) {
      await setSecret(stack, "WEBHOOK_URL", `${NOWHERE}/webhook/llamaparse`);
      await upload(8);
    },
    afterwards: ({ upload }) => upload(5),
  },

  connections: {
    what: "another client holds nearly all connections",
    alerts: ["PipelineConnectionsHigh"],
    blanks: { application: "hoard" },
    async inject({ sql, strangers }) {
      const [{ free }] = await sql<{ free: number }[]>`
        select (0.85 * max(allowed_count) - max(used_count))::int as free from pipeline_monitoring.connections`;
      const hoard = strangers("hoard", free);
      await Promise.all(Array.from({ length: free }, () => hoard.reserve()));
    },
  },

  storm: {
    what: "a caller exceeds the rate limit",
    alerts: ["PipelineRateLimitStorm"],
    async inject({ sql, search }) {
      await sql`update pipeline_internal.limits set requests_per_user_per_hour = 1`;
      await repeatedly(() => search(60));
    },
    afterwards: ({ search }) => search(60),
  },

  guessing: {
    what: "a caller guesses a password",
    alerts: ["PipelineSignInsFailing"],
    async inject({ stack }) {
      for (let i = 0; i < 16; i++) {
        const answer = await fetch(
          `${stack.url}/functions/v1/api/auth/login`,
          {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({
              email: "guessed@example.test",
              password: `guess ${i}`,
            }),
          },
        );
        await answer.body?.cancel();
      }
    },
    async afterwards({ sql }) {
      // A quarter of an hour passes.
      await sql`alter table pipeline_internal.audit_log disable trigger append_only`;
      await sql`
        update pipeline_internal.audit_log set happened_at = happened_at - interval '15 minutes'
        where action = 'sign_in_failed'`;
      await sql`alter table pipeline_internal.audit_log enable trigger append_only`;
    },
  },

  errors: {
    what: "the functions have a wrong OpenAI URL",
    alerts: ["PipelineRequestErrors"],
    blanks: {
      name: "OPENAI_API_URL",
      value: ({ stack }) => `${stack.openaiUrl}/v1`,
    },
    async inject({ stack, search }) {
      await setSecret(stack, "OPENAI_API_URL", NOWHERE);
      await repeatedly(() => search(15));
    },
    afterwards: ({ search }) => search(30),
  },

  slow: {
    what: "another session repeatedly locks the chunks",
    alerts: ["PipelineRequestsSlow", "PipelineStageSlow"],
    blanks: { application: "maintenance", stage: "embed" },
    async inject({ strangers, search, upload }) {
      strangers("maintenance", 1).unsafe(`
        do $$ begin
          loop
            lock table upload_pipeline.document_chunks;
            perform pg_sleep(1);
            commit;
          end loop;
        end $$`).catch(() => {
        // The drill ends it.
      });
      await repeatedly(() => Promise.all([upload(1), search(10)]));
    },
  },

  behind: {
    what: "a transaction stays open",
    alerts: ["PipelineCountersBehind"],
    blanks: { application: "reporting" },
    async inject({ strangers, upload }) {
      const reporting = await strangers("reporting", 1).reserve();
      await reporting`begin`;
      await reporting`select pg_current_xact_id()`;
      await upload(2);
    },
  },

  budget: {
    what: "the monthly budget is nearly spent",
    alerts: ["PipelineBudgetNearlySpent"],
    async inject({ sql }) {
      await sql`
        update pipeline_internal.limits set monthly_budget_cents = 1.1 * pipeline_internal.spent_cents()`;
    },
  },

  untold: {
    what: "an application's receiver fails for a day",
    alerts: ["PipelineNotificationsGivenUp"],
    blanks: { endpoint: "app" },
    async inject({ sql, upload, cleanup }, world) {
      let status = 500;
      const receiver = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen: () => {} },
        () => new Response(null, { status }),
      );
      cleanup.defer(() => receiver.shutdown());
      world.defer(() => {
        status = 204;
      });
      await sql`
        select pipeline_internal.add_endpoint(
          'app', ${`http://127.0.0.1:${receiver.addr.port}`}, array['document.completed'])`;
      await upload(1);
      await until(async () => {
        // A day passes.
        await sql`
          update pipeline_internal.outbox set attempt_count = 11, due_at = now()
          where given_up_at is null and delivered_at is null`;
        const { length } = await sql`
          select from pipeline_internal.outbox where given_up_at is not null`;
        return length > 0;
      }, "the notification is given up");
    },
  },

  failing: {
    what: "a schedule calls a missing function",
    alerts: ["PipelineSchedulesFailing"],
    async inject({ sql }) {
      await sql`
        select cron.schedule('pipeline-purge', '1 second', 'select pipeline_internal.purge_all()')`;
    },
  },

  unmeasured: {
    what: "a rule queries a missing view",
    alerts: ["PipelineRuleBroken"],
    blanks: { rule: "OurOwn" },
    async inject({ sql }) {
      await sql`
        insert into pipeline_internal.alert_rules (rule, severity, summary, query, threshold, for_seconds, keep_firing_seconds)
        values ('OurOwn', 'warning', '', 'select nothing', 0, 0, 0)`;
    },
  },
};

/** As `supabase secrets set`. An empty value unsets the variable. */
async function setSecret(
  stack: TestStack,
  name: string,
  value: string,
): Promise<void> {
  const answer = await fetch(`${stack.url}/v1/projects/local/secrets`, {
    method: "POST",
    headers: { authorization: `Bearer ${LOCAL_KEYS.managementToken}` },
    body: JSON.stringify([{ name, value }]),
  });
  if (!answer.ok) throw new Error(await answer.text());
  await answer.body?.cancel();
}

async function switchOff(sql: postgres.Sql, schedule: string): Promise<void> {
  await sql`
    select cron.alter_job(jobid, active => false) from cron.job where jobname = ${schedule}`;
}

/** Meanwhile the database lacks the workers' URL, so that none is woken. */
async function unheard(
  sql: postgres.Sql,
  done: () => Promise<unknown>,
): Promise<void> {
  const [{ url }] = await sql`
    select decrypted_secret as url from vault.decrypted_secrets where name = 'pipeline_functions_url'`;
  await sql`delete from vault.secrets where name = 'pipeline_functions_url'`;
  await done();
  await sql`select vault.create_secret(${url}, 'pipeline_functions_url')`;
}

export function createScene(
  stack: TestStack,
  sql: postgres.Sql,
  watch: Watch,
): Scene {
  const admin = postgres(stack.adminDatabaseUrl, { max: 1 });
  const cleanup = new AsyncDisposableStack();
  cleanup.defer(() => admin.end({ timeout: 1 }));
  return {
    stack,
    watch,
    sql,
    llamaparse: new ControlClient(stack.llamaparseUrl),
    openai: new ControlClient(stack.openaiUrl),
    async upload(count) {
      const users = await createUsers(admin, count);
      for (const each of await registerUploads(stack, users)) {
        await sendBytes(each);
      }
    },
    async search(count) {
      const [userId] = await createUsers(admin, 1);
      const token = await tokenFor(stack, userId);
      const answers = await Promise.all(
        Array.from(
          { length: count },
          () =>
            fetch(`${stack.url}/functions/v1/api/search`, {
              method: "POST",
              headers: {
                apikey: LOCAL_KEYS.publishableKey,
                authorization: `Bearer ${token}`,
                "content-type": "application/json",
              },
              body: JSON.stringify({
                query: "When is the library open?",
                // Without the provider there is no answer.
                mode: "vector",
              }),
            }),
        ),
      );
      await Promise.all(answers.map((answer) => answer.body?.cancel()));
      return answers.map(({ status }) => status);
    },
    strangers(name, count) {
      const stranger = postgres(stack.databaseUrl, {
        max: count,
        connection: { application_name: name },
      });
      cleanup.defer(() => stranger.end({ timeout: 1 }));
      return stranger;
    },
    cleanup,
  };
}

/** Waits for some scrapes: a series must exist before its increase is visible. */
async function repeatedly(work: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < 8; i++) {
    await work();
    await pause(1_500);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
