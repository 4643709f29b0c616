import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type postgres from "postgres";
import { hmacHex } from "../../../supabase/functions/_shared/signature.ts";
import { wakeToken } from "../../../supabase/functions/worker/wake_token.ts";
import { putSecret } from "../../platform/stack/vault.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

/** How a secret is shown to the function that knows it, such that nothing comes of it. */
interface Rotatable {
  /** Under which Vault keeps it: the database shows it, or remembers it for the next rotation. */
  vaultName: string;
  /** Seconds for which the old value stays valid beside the new one. */
  overlapSeconds: number;
  /** @returns whether the function takes this value */
  isAccepted(functionsUrl: string, value: string): Promise<boolean>;
}

export const ROTATABLE = {
  WORKER_SECRET: {
    vaultName: "pipeline_worker_secret",
    // An isolate keeps the environment it was started with, and lives for 400 s at most.
    overlapSeconds: 600,
    async isAccepted(functionsUrl, value) {
      const status = await statusOf(`${functionsUrl}/worker/none`, {
        method: "POST",
        headers: { authorization: `Bearer ${wakeToken(value, "none")}` },
      });
      // The worker names its stages only to who knows the secret.
      return taken(status, { yes: 404, no: 401 });
    },
  },
  WEBHOOK_SIGNING_SECRET: {
    vaultName: "pipeline_webhook_signing_secret",
    // As long as LlamaParse may work on what was submitted under the old value (`limits.parse_deadline_seconds`).
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
    // Time to take the new value from Vault and give it to Prometheus.
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
  /** The value in force, where Vault does not know it. */
  current?: string;
  overlapSeconds?: number;
  /** Told each step in a sentence for people, without any secret. */
  onProgress(step: string): void | Promise<void>;
  /** Of the probes, in milliseconds. */
  patience?: { betweenMs: number; atMostMs: number };
}

/** The rotation cannot go on. It may be started again at any time: a value that is in use stays valid until then. */
export class RotationError extends ErrorWithRemedy {
  override name = "RotationError";

  constructor(message: string, remedy: string, options?: ErrorOptions) {
    super(message, remedy, { ...options, code: "rotation_failed" });
  }
}

/** One function runs in many isolates; so many answers alike in a row are taken for all of them. */
const ANSWERS_ALIKE = 5;
const PATIENCE = { betweenMs: 1_000, atMostMs: 600_000 };

/**
 * Replaces a secret of the functions without a moment in which a caller is turned away. First the functions take both
 * values; then the database, and what is submitted from now on, uses the new one; after the overlap the functions forget
 * the old one.
 */
export async function rotateSecret(
  name: RotatableName,
  options: RotationOptions,
): Promise<void> {
  const { sql, setSecret, onProgress, patience = PATIENCE } = options;
  const { vaultName, isAccepted, ...defaults }: Rotatable = ROTATABLE[name];
  const { overlapSeconds = defaults.overlapSeconds } = options;
  const known = await fromVault(sql, ["pipeline_functions_url", vaultName]);
  const functionsUrl = known.get("pipeline_functions_url");
  if (!functionsUrl) {
    throw new RotationError(
      "Vault has no pipeline_functions_url.",
      "Store the address of the functions there first, as the README says.",
    );
  }
  const current = known.get(vaultName) ?? options.current;
  if (!current) {
    throw new RotationError(
      `Nobody says what ${name} is now.`,
      `Set ${name} in this command's environment; the next rotation finds it in Vault.`,
    );
  }
  const until = (value: string, wanted: boolean) =>
    untilAnswer(() => isAccepted(functionsUrl, value), wanted, patience);

  const next = randomBytes(32).toString("base64url");
  await setSecret(name, `${next},${current}`);
  await onProgress("The functions were given the new value beside the old one");
  await until(next, true);
  await onProgress("They take both");

  await store(sql, { name, vaultName }, next);
  await onProgress("The database uses the new value");
  await pause(overlapSeconds * 1000);

  await setSecret(name, next);
  await until(current, false);
  await onProgress("The old value is refused from now on");
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
        `After ${atMostMs / 1000} s the functions still ${
          wanted ? "refuse the new" : "take the old"
        } value.`,
        "Both are valid until the rotation is started again.",
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

/** An answer that is neither says nothing of the secret. */
function taken(status: number, { yes, no }: { yes: number; no: number }) {
  if (status === yes) return true;
  if (status === no) return false;
  throw new RotationError(
    `A function answered ${status} when it was shown a secret; the value in use stays valid.`,
    "Look at its log, and start the rotation again.",
  );
}

/** The secrets that Vault keeps for the functions: what is in force, whatever an operator's own files say. */
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

/** These settings as Vault is to keep them: by its names, and only those that can be rotated. */
export function vaultSecrets(
  settings: Record<string, string>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(ROTATABLE).flatMap(([name, { vaultName }]) =>
      settings[name] ? [[vaultName, settings[name]]] : []
    ),
  );
}

async function fromVault(
  sql: postgres.Sql,
  names: string[],
): Promise<Map<string, string>> {
  const rows = await sql<{ name: string; decrypted_secret: string }[]>`
    select name, decrypted_secret from vault.decrypted_secrets where name in ${
    sql(names)
  }`;
  return new Map(rows.map((row) => [row.name, row.decrypted_secret]));
}

/** What is used from now on, and that it is another; the log of what was done tells of it, without the value. */
async function store(
  sql: postgres.Sql,
  { name, vaultName }: { name: RotatableName; vaultName: string },
  value: string,
): Promise<void> {
  await sql.begin(async (tx) => {
    await putSecret(tx, vaultName, value);
    await tx`
      select pipeline_internal.record_audit_entry('key_rotation', p_details => ${
      tx.json({ key: name })
    })`;
  });
}
