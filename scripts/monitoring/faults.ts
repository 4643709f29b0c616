import postgres from "postgres";
import {
  createUsers,
  registerUploads,
  sendBytes,
  tokenFor,
} from "../bench/pipeline/uploads.ts";
import { ControlClient } from "../simulators/control_client.ts";
import { LOCAL_KEYS } from "../stack/keys.ts";
import type { TestStack } from "../test/test_stack.ts";
import { until, type Watch } from "./watch.ts";

/** Something that goes wrong, and what is to be told of it. */
export interface Fault {
  what: string;
  alerts: string[];
  /** Makes it go wrong, and puts what it did right again on the stack that it is given. */
  inject(scene: Scene, healing: AsyncDisposableStack): Promise<void>;
}

/** The stack under drill, from behind and from outside. */
export interface Scene {
  stack: TestStack;
  watch: Watch;
  sql: postgres.Sql;
  llamaparse: ControlClient;
  openai: ControlClient;
  /** Documents of as many new users, until their bytes have arrived. */
  upload(count: number): Promise<void>;
  /** So many questions of one user; the statuses of the answers. */
  search(count: number): Promise<number[]>;
}

/** As many answers as outlast the drill; healing takes back what is left. */
const MANY = 500;

export const FAULTS: Record<string, Fault> = {
  provider: {
    what: "OpenAI asks for patience",
    alerts: ["PipelineCircuitOpen"],
    async inject({ openai, upload }, healing) {
      healing.defer(() => openai.reset());
      await openai.faults({
        next_responses: [{
          route: "embeddings",
          status: 429,
          headers: { "retry-after": "2" },
          count: MANY,
        }],
      });
      await upload(1);
    },
  },

  down: {
    what: "the API cannot be reached",
    alerts: ["PipelineDown"],
    inject({ watch }, healing) {
      healing.defer(() => watch.setReachable(true));
      watch.setReachable(false);
      return Promise.resolve();
    },
  },

  flapping: {
    what: "the API could not be reached for a moment",
    // Not told while the API is down: that is an alert of its own.
    alerts: ["PipelineUptimeLow"],
    async inject({ watch }, healing) {
      healing.defer(() => watch.setReachable(true));
      watch.setReachable(false);
      await watch.fires("PipelineDown");
      watch.setReachable(true);
    },
  },

  asleep: {
    what: "the database does not know where the workers are",
    alerts: ["PipelineQueueOld", "PipelineJobsStuck"],
    async inject({ sql, stack, upload }, healing) {
      const url = `${stack.url}/functions/v1`;
      healing.defer(async () => {
        await sql`select vault.create_secret(${url}, 'pipeline_functions_url')`;
      });
      await sql`delete from vault.secrets where name = 'pipeline_functions_url'`;
      await upload(1);
    },
  },

  refused: {
    what: "LlamaParse refuses every document",
    alerts: ["PipelineDeadLetterGrowing", "PipelineDocumentsFailing"],
    async inject({ llamaparse, sql, upload }, healing) {
      healing.defer(async () => {
        await llamaparse.reset();
        await sql`select * from pipeline_internal.redrive_all(p_dry_run => false)`;
      });
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
    what: "LlamaParse's callbacks are lost",
    alerts: ["PipelineWebhooksSilent"],
    async inject({ llamaparse, upload }, healing) {
      healing.defer(async () => {
        await llamaparse.reset();
        await upload(2);
      });
      await llamaparse.faults({ webhooks: "lose" });
      await upload(8);
    },
  },

  connections: {
    what: "somebody holds nearly all connections",
    alerts: ["PipelineConnectionsHigh"],
    async inject({ sql, stack }, healing) {
      const [{ free }] = await sql<{ free: number }[]>`
        select (0.85 * max(allowed_count) - max(used_count))::int as free from pipeline_monitoring.connections`;
      const hoard = postgres(stack.databaseUrl, { max: free });
      healing.defer(() => hoard.end({ timeout: 1 }));
      const held = Array.from({ length: free }, () => hoard.reserve());
      await Promise.all(held);
    },
  },

  storm: {
    what: "one caller asks far too often",
    alerts: ["PipelineRateLimitStorm"],
    async inject({ sql, search }, healing) {
      const [limits] =
        await sql`select requests_per_user_per_hour from pipeline_internal.limits`;
      healing.defer(async () => {
        await sql`update pipeline_internal.limits set ${sql(limits)}`;
      });
      await sql`update pipeline_internal.limits set requests_per_user_per_hour = 1`;
      await repeatedly(() => search(60));
    },
  },

  errors: {
    what: "OpenAI fails every question",
    alerts: ["PipelineRequestErrors"],
    async inject({ openai, search }, healing) {
      healing.defer(async () => {
        await openai.reset();
        await search(30);
      });
      await openai.faults({
        next_responses: [{ route: "embeddings", status: 500, count: MANY }],
      });
      await repeatedly(() => search(15));
    },
  },

  slow: {
    what: "OpenAI takes long",
    alerts: ["PipelineRequestsSlow", "PipelineStageSlow"],
    async inject({ openai, search, upload }, healing) {
      healing.defer(() => openai.reset());
      await openai.faults({ delay_ms: 900 });
      await repeatedly(() => Promise.all([upload(1), search(10)]));
    },
  },

  clock: {
    what: "pg_cron stands still",
    alerts: ["PipelineSchedulesSilent", "PipelineCountersBehind"],
    async inject({ sql, upload }, healing) {
      const setActive = (active: boolean) =>
        sql`
          select cron.alter_job(jobid, active => ${active}) from cron.job
          where jobname in ('pipeline-sweep', 'pipeline-roll-up')`;
      healing.defer(async () => {
        await setActive(true);
      });
      await setActive(false);
      await upload(2);
    },
  },
};

export function createScene(stack: TestStack, watch: Watch): Scene & {
  close(): Promise<void>;
} {
  const sql = postgres(stack.databaseUrl, { max: 2, onnotice: () => {} });
  const admin = postgres(stack.adminDatabaseUrl, { max: 1 });
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
    async close() {
      await sql.end({ timeout: 1 });
      await admin.end({ timeout: 1 });
    },
  };
}

/** Waits until everything is counted and nothing fires. */
export async function settled({ watch }: Scene): Promise<void> {
  await until(() => watch.firing().length === 0, "no alert fires");
}

/** For some scrapes long: a series must be there before its increase can be seen. */
async function repeatedly(work: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < 8; i++) {
    await work();
    await pause(1_500);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
