import { afterAll, describe, expect, it } from "vitest";
import { setFunctionSecret } from "../../../scripts/ops/rotate_secret/function_secrets.ts";
import { localProject } from "../../../scripts/ops/rotate_secret/local_stack.ts";
import { type RotatableName, rotateSecret } from "../../../scripts/ops/rotate_secret/rotate.ts";
import { LOCAL_KEYS } from "../../../scripts/platform/stack/keys.ts";
import { storeSecrets } from "../../../scripts/platform/stack/vault.ts";
import { hmacHex, jobSecret } from "../../functions/_shared/signature.ts";
import { wakeToken } from "../../functions/worker/wake_token.ts";
import { useLimits } from "./changed_limits.ts";
import { call, createUser, eventually, llamaparse, setFunctionEnv, stack, upload, waitFor } from "./harness.ts";
import { useDatabase } from "./hooks.ts";

const sql = useDatabase();
const setLimits = useLimits(sql);
afterAll(async () => {
  // Other tests use the stack's own secrets.
  await setFunctionEnv("WORKER_SECRET", LOCAL_KEYS.workerSecret);
  await setFunctionEnv(
    "WEBHOOK_SIGNING_SECRET",
    LOCAL_KEYS.webhookSigningSecret,
  );
  await setFunctionEnv("METRICS_SECRET", LOCAL_KEYS.metricsSecret);
  await storeSecrets(stack.databaseUrl, {
    pipeline_worker_secret: LOCAL_KEYS.workerSecret,
  });
  await sql`
    delete from vault.secrets
    where name in ('pipeline_webhook_signing_secret', 'pipeline_metrics_secret')`;
  await llamaparse.reset();
});

type SetSecret = (name: string, value: string) => Promise<void>;

/** Rotates as the command does, and pauses at each step for inspection. */
async function rotate(
  name: RotatableName,
  { current, setSecret = setFunctionEnv, onProgress = () => {} }: {
    current?: string;
    setSecret?: SetSecret;
    onProgress?: (step: string) => Promise<void> | void;
  } = {},
) {
  await rotateSecret(name, {
    sql,
    setSecret,
    current,
    overlapSeconds: 0.1,
    probing: { betweenMs: 20, atMostMs: 60_000 },
    onProgress,
  });
}

async function vaulted(name: string): Promise<string> {
  const [row] = await sql`
    select decrypted_secret from vault.decrypted_secrets where name = ${name}`;
  return row.decrypted_secret;
}

describe("rotating the worker's secret", () => {
  const asWorker = async (secret: string) =>
    (await call("/worker/none", {
      method: "POST",
      headers: { authorization: `Bearer ${wakeToken(secret, "none")}` },
    })).status;

  it("accepts both values meanwhile, refuses the old one afterwards, and loses no work", async () => {
    const user = await createUser();
    const documents: string[] = [];
    const old = await vaulted("pipeline_worker_secret");
    const seen: Record<string, [string, number, number]> = {};
    const send = async () => {
      const { document_id } = await upload(user);
      documents.push(document_id);
    };
    await send();
    const project = await localProject(stack.url);
    await rotate("WORKER_SECRET", {
      setSecret: (...secret) => setFunctionSecret(project, ...secret),
      async onProgress(step) {
        await send();
        const used = await vaulted("pipeline_worker_secret");
        seen[step] = [
          used === old ? "old" : "new",
          await asWorker(old),
          await asWorker(used),
        ];
      },
    }).finally(() => Deno.remove(project.profile));
    await send();

    expect(seen).toMatchObject({
      "The functions accept both values": ["old", 404, 404],
      "The database uses the new value": ["new", 404, 404],
      "The functions refuse the old value": ["new", 401, 404],
    });
    for (const id of documents) await waitFor(user, id, ["complete"]);
    const used = await vaulted("pipeline_worker_secret");
    expect(used).toMatch(/^[\w-]{43}$/);
    const [entry] = await sql`
      select details from pipeline_internal.audit_log where action = 'key_rotation' order by audit_no desc limit 1`;
    expect(entry.details).toEqual({ key: "WORKER_SECRET" });
  });

  it("starts over after an interruption", async () => {
    const before = await vaulted("pipeline_worker_secret");
    const breakOff = rotate("WORKER_SECRET", {
      onProgress(step) {
        if (step === "The functions accept both values") {
          throw new Error("Ctrl-C");
        }
      },
    });
    await expect(breakOff).rejects.toThrow("Ctrl-C");
    const old = await vaulted("pipeline_worker_secret");
    expect([old, await asWorker(old)]).toEqual([before, 404]);
    await rotate("WORKER_SECRET");
    expect(await asWorker(old)).toBe(401);
    expect(await asWorker(await vaulted("pipeline_worker_secret"))).toBe(404);
  });
});

it("rotating the metrics secret accepts Prometheus' requests throughout", async () => {
  const asPrometheus = async (secret: string) =>
    (await call("/api/metrics", {
      headers: { authorization: `Bearer ${secret}` },
    })).status;
  const old = LOCAL_KEYS.metricsSecret;
  const seen: number[][] = [];
  await rotate("METRICS_SECRET", {
    current: old,
    async onProgress(step) {
      if (step !== "The database uses the new value") return;
      const fresh = await vaulted("pipeline_metrics_secret");
      seen.push([await asPrometheus(old), await asPrometheus(fresh)]);
    },
  });
  const fresh = await vaulted("pipeline_metrics_secret");
  seen.push([await asPrometheus(old), await asPrometheus(fresh)]);
  expect(seen).toEqual([[200, 200], [401, 200]]);
});

describe("rotating LlamaParse's signing secret", () => {
  const NAME = "WEBHOOK_SIGNING_SECRET";
  const old = LOCAL_KEYS.webhookSigningSecret;

  it("accepts callbacks of running jobs meanwhile, and refuses the old value afterwards", async () => {
    // No poll happens within this time: only the callback can bring the result.
    await setLimits({ first_poll_seconds: 600, max_poll_seconds: 600 });
    await llamaparse.reset();
    await llamaparse.faults({ delay_ms: 3_000 });
    const user = await createUser();
    const { document_id, job_id } = await upload(user);
    await eventually(
      async () => await llamaparse.count("create") === 1,
      "the submission with the old secret",
    );
    const deliver = async (secret: string) => {
      const body = JSON.stringify({ event_type: "parse.success", data: {} });
      const key = jobSecret(secret, job_id);
      const { status } = await call(`/webhook/llamaparse/${job_id}`, {
        method: "POST",
        body,
        headers: { "lc-signature": `sha256=${hmacHex(key, body)}` },
      });
      return status;
    };
    await rotate(NAME, {
      current: old,
      async onProgress(step) {
        if (step !== "The database uses the new value") return;
        await waitFor(user, document_id, ["complete"]);
        expect(await deliver(old)).toBe(200);
      },
    });
    const fresh = await vaulted("pipeline_webhook_signing_secret");
    expect(fresh).not.toBe(old);
    expect([await deliver(old), await deliver(fresh)]).toEqual([401, 200]);

    await llamaparse.reset();
    const later = await upload(user);
    await waitFor(user, later.document_id, ["complete"]);
    await eventually(async () => {
      const [row] = await sql`
        select count(*)::int from pipeline_internal.deliveries where job_id = ${later.job_id}`;
      return row.count > 0;
    }, "a callback that was signed with the new secret");
  });

  it("names what it needs when Vault lacks the current value", async () => {
    await sql`delete from vault.secrets where name = 'pipeline_webhook_signing_secret'`;
    await expect(rotate(NAME)).rejects.toMatchObject({
      message: "The current value of WEBHOOK_SIGNING_SECRET is unknown.",
      remedy: expect.stringMatching(
        /^Set WEBHOOK_SIGNING_SECRET in this command's environment/,
      ),
    });
  });
});
