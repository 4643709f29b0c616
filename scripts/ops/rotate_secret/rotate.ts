import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type postgres from "postgres";
import { hmacHex } from "../../../supabase/functions/_shared/signature.ts";
import { wakeToken } from "../../../supabase/functions/worker/wake_token.ts";
import { putSecret } from "../../platform/stack/vault.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

/** How to present a secret to the function that checks it, without an effect. */
interface Rotatable {
  /** The name in Vault: the database sends the secret, or keeps it for the next rotation. */
  vaultName: string;
  /** Seconds during which the old value stays valid. */
  overlapSeconds: number;
  /** @returns whether the function accepts this value */
  isAccepted(functionsUrl: string, value: string): Promise<boolean>;
}

export const ROTATABLE = {
  WORKER_SECRET: {
    vaultName: "pipeline_worker_secret",
    // An isolate keeps its environment, and lives for at most 400 s.
    overlapSeconds: 600,
    async isAccepted(functionsUrl, value) {
      const status = await statusOf(`${functionsUrl}/worker/none`, {
        method: "POST",
        headers: { authorization: `Bearer ${wakeToken(value, "none")}` },
      });
      // The worker reveals its stages only to callers with the secret.
      return taken(status, { yes: 404, no: 401 });
    },
  },
  WEBHOOK_SIGNING_SECRET: {
    vaultName: "pipeline_webhook_signing_secret",
    // As long as LlamaParse may process submissions with the old value (`limits.parse_deadline_seconds`).
    overlapSeconds: 3600,
    async isAccepted(functionsUrl, value) {
      // Events of other kinds than `parse.*` are ignored.
      const body = JSON.stringify({ event_type: "rotation.probe" });
      const status = await statusOf(`${functionsUrl}/webhook/llamaparse`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "lc-signature": `sha256=${hmacHex(value, body)}`,
        },
        body,
      });
      return taken(status, { yes: 200, no: 401 });
    },
  },
  METRICS_SECRET: {
    vaultName: "pipeline_metrics_secret",
    // Time for an operator to copy the new value from Vault to Prometheus.
    overlapSeconds: 3600,
    async isAccepted(functionsUrl, value) {
      const status = await statusOf(`${functionsUrl}/api/metrics`, {
        headers: { authorization: `Bearer ${value}` },
      });
      return taken(status, { yes: 200, no: 401 });
    },
  },
} satisfies Record<string, Rotatable>;

export type RotatableName = keyof typeof ROTATABLE;

export interface RotationOptions {
  sql: postgres.Sql;
  /** Sets one of the functions' secrets; they see it from their next start on. */
  setSecret(name: string, value: string): Promise<void>;
  /** The current value, if Vault lacks it. */
  current?: string;
  overlapSeconds?: number;
  /** Called for each step with a sentence, without secrets. */
  onProgress(step: string): void | Promise<void>;
  /** Times of the probes, in milliseconds. */
  probing?: { betweenMs: number; atMostMs: number };
}

/** The rotation cannot continue. It can be restarted at any time: a value in use stays valid until then. */
export class RotationError extends ErrorWithRemedy {
  override name = "RotationError";

  constructor(message: string, remedy: string, options?: ErrorOptions) {
    super(message, remedy, { ...options, code: "rotation_failed" });
  }
}

/** A function runs in several isolates; this many equal answers in a row count for all of them. */
const ANSWERS_ALIKE = 5;
const PROBING = { betweenMs: 1_000, atMostMs: 600_000 };

/**
 * Replaces a secret of the functions without refusing a caller at any time. First the functions accept both values;
 * then the database and new submissions use the new one; after the overlap the functions drop the old one.
 */
export async function rotateSecret(
  name: RotatableName,
  options: RotationOptions,
): Promise<void> {
  const { sql, setSecret, onProgress, probing = PROBING } = options;
  const { vaultName, isAccepted, ...defaults }: Rotatable = ROTATABLE[name];
  const { overlapSeconds = defaults.overlapSeconds } = options;
  const known = await fromVault(sql, ["pipeline_functions_url", vaultName]);
  const functionsUrl = known.get("pipeline_functions_url");
  if (!functionsUrl) {
    throw new RotationError(
      "Vault lacks pipeline_functions_url.",
      "Store the functions' URL there first, as described in the README.",
    );
  }
  const current = known.get(vaultName) ?? options.current;
  if (!current) {
    throw new RotationError(
      `The current value of ${name} is unknown.`,
      `Set ${name} in this command's environment; the next rotation finds it in Vault.`,
    );
  }
  const until = (value: string, wanted: boolean) => untilAnswer(() => isAccepted(functionsUrl, value), wanted, probing);

  const next = randomBytes(32).toString("base64url");
  await setSecret(name, `${next},${current}`);
  await onProgress("The functions get both values");
  await until(next, true);
  await onProgress("The functions accept both values");

  await store(sql, { name, vaultName }, next);
  await onProgress("The database uses the new value");
  await pause(overlapSeconds * 1000);

  await setSecret(name, next);
  await until(current, false);
  await onProgress("The functions refuse the old value");
}

async function untilAnswer(
  ask: () => Promise<boolean>,
  wanted: boolean,
  { betweenMs, atMostMs }: { betweenMs: number; atMostMs: number },
): Promise<void> {
  const deadline = Date.now() + atMostMs;
  for (let alike = 0; alike < ANSWERS_ALIKE;) {
    alike = await ask() === wanted ? alike + 1 : 0;
    if (Date.now() > deadline) {
      throw new RotationError(
        `After ${atMostMs / 1000} s the functions still ${wanted ? "refuse the new" : "accept the old"} value.`,
        "Both values stay valid until the rotation is restarted.",
      );
    }
    await pause(betweenMs);
  }
}

async function statusOf(url: string, request: RequestInit): Promise<number> {
  const response = await fetch(url, { ...request, redirect: "error" });
  await response.body?.cancel();
  return response.status;
}

/** Any other answer says nothing about the secret. */
function taken(status: number, { yes, no }: { yes: number; no: number }) {
  if (status === yes) return true;
  if (status === no) return false;
  throw new RotationError(
    `A function returned ${status} to a probe; the value in use stays valid.`,
    "Check its log, and restart the rotation.",
  );
}

/** The functions' secrets in Vault: the current values, whatever an operator's files have. */
export async function secretsInForce(
  sql: postgres.Sql,
): Promise<Partial<Record<RotatableName, string>>> {
  const known = await fromVault(
    sql,
    Object.values(ROTATABLE).map(({ vaultName }) => vaultName),
  );
  return Object.fromEntries(
    Object.entries(ROTATABLE).flatMap(([name, { vaultName }]) =>
      known.has(vaultName) ? [[name, known.get(vaultName)]] : []
    ),
  );
}

/** Settings under their names in Vault; only rotatable ones. */
export function vaultSecrets(
  settings: Record<string, string>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(ROTATABLE).flatMap(([name, { vaultName }]) => settings[name] ? [[vaultName, settings[name]]] : []),
  );
}

async function fromVault(
  sql: postgres.Sql,
  names: string[],
): Promise<Map<string, string>> {
  const rows = await sql<{ name: string; decrypted_secret: string }[]>`
    select name, decrypted_secret from vault.decrypted_secrets where name in ${sql(names)}`;
  return new Map(rows.map((row) => [row.name, row.decrypted_secret]));
}

/** Stores the new value and that it changed; the audit log records the rotation without the value. */
async function store(
  sql: postgres.Sql,
  { name, vaultName }: { name: RotatableName; vaultName: string },
  value: string,
): Promise<void> {
  await sql.begin(async (tx) => {
    await putSecret(tx, vaultName, value);
    await tx`
      select pipeline_internal.record_audit_entry('key_rotation', p_details => ${tx.json({ key: name })})`;
  });
}
