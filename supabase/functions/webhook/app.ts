import { createApp } from "../_shared/app.ts";
import type { App, AppContext } from "../_shared/app_context.ts";
import { originOf } from "../_shared/audit.ts";
import { SMALL_BODY } from "../_shared/body_deadline.ts";
import { BytesInFlight, lengthOf } from "../_shared/bytes_in_flight.ts";
import type { AddressHeader } from "../_shared/client_address.ts";
import { retryAfterHeader } from "../_shared/error_answer.ts";
import { HttpError } from "../_shared/errors.ts";
import type { Logger } from "../_shared/log.ts";
import type { RequestMeter } from "../_shared/request_meter.ts";
import { hasSecret } from "../_shared/shared_secret.ts";
import { jobSecret, verifyHmac } from "../_shared/signature.ts";
import { readBody } from "./body.ts";
import { readEvent } from "./event.ts";
import type { Refusal, WebhookLedger } from "./queries.ts";

/**
 * The largest callback that is read, in bytes. Current ones have a few hundred.
 */
const BODY_LIMIT = 1024 * 1024;
/**
 * Bytes of callbacks larger than any current one that an isolate holds at once.
 */
const BYTES_IN_FLIGHT = 32 * BODY_LIMIT;
const RETRY_SECONDS = 2;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export interface WebhookDeps {
  ledger: WebhookLedger;
  /**
   * The secrets that sign callbacks at the general URL; those of one job are signed with a secret derived from one of
   * them. The first is the current one; during a rotation its predecessor follows, with which jobs in flight were
   * submitted.
   */
  signingSecrets: readonly string[];
  /** The bearer tokens that may read the counts of deliveries. */
  metricsSecrets?: readonly string[];
  /**
   * The header that holds the caller's address; `x-forwarded-for` if omitted.
   */
  addressHeader?: AddressHeader;
  logger: Logger;
  meter?: RequestMeter;
}

/**
 * Receives LlamaParse's callbacks: verifies the signature, records the event once, answers. The database queues the
 * processing, which happens elsewhere. LlamaParse retries after any response but 2xx.
 */
export function createWebhook(deps: WebhookDeps): App {
  const app = createApp("webhook", deps);

  const inFlight = new BytesInFlight({
    inAll: BYTES_IN_FLIGHT,
    ofCaller: BYTES_IN_FLIGHT,
  });

  app.post("/webhook/llamaparse", (c) => admitted(c, deps, inFlight, null));

  app.post("/webhook/llamaparse/:job_id", (c) => {
    const jobId = c.req.param("job_id");
    if (!UUID.test(jobId)) {
      throw new HttpError("not_found", { message: "The job id is malformed." });
    }
    return admitted(c, deps, inFlight, jobId.toLowerCase());
  });

  const isOperator = hasSecret(deps.metricsSecrets);
  app.get("/webhook/status", async (c) => {
    const summary = await deps.ledger.summary();
    return c.json({ status: "ok", ...isOperator(c) && summary });
  });

  app.get("/webhook/test", (c) => {
    return c.json({
      status: "ok",
      message: "The webhook receiver can be reached.",
    });
  });

  return app;
}

/** A large callback needs capacity, before it is known who sent it. */
async function admitted(
  c: AppContext,
  deps: WebhookDeps,
  inFlight: BytesInFlight,
  jobId: string | null,
): Promise<Response> {
  const length = lengthOf(c) ?? BODY_LIMIT;
  if (length <= SMALL_BODY) return await receive(c, deps, jobId);
  const release = inFlight.reserve("callbacks", Math.min(length, BODY_LIMIT));
  if (!release) {
    throw new HttpError("too_busy", {
      message: "The capacity for large callbacks is exhausted. Retry later.",
      headers: retryAfterHeader(RETRY_SECONDS),
    });
  }
  try {
    return await receive(c, deps, jobId);
  } finally {
    release();
  }
}

/**
 * Checks size, signature and format, and records the callback; in this order, so that the cheapest refusal comes first.
 */
async function receive(
  c: AppContext,
  { ledger, signingSecrets }: WebhookDeps,
  jobId: string | null,
): Promise<Response> {
  const raw = await readBody(c, BODY_LIMIT);
  if (!raw) {
    await countRefusal(c, ledger, "too_large");
    const message = `A callback may have at most ${BODY_LIMIT} bytes.`;
    throw new HttpError("body_too_large", { message });
  }

  if (!isAuthentic(c, raw, signingSecrets, jobId)) {
    await countRefusal(c, ledger, "invalid_signature");
    throw new HttpError("invalid_signature");
  }

  const event = await readEvent(raw, {
    id: c.req.header("x-webhook-event-id"),
    type: c.req.header("x-webhook-event-type"),
  }, jobId);
  if (!event) {
    await countRefusal(c, ledger, "malformed");
    const message = "The body is not a JSON callback.";
    throw new HttpError("invalid_json", { message });
  }

  const outcome = await ledger.receive({
    eventId: event.id,
    eventType: event.type,
    providerJobId: event.providerJobId,
    jobId,
    requestId: c.var.requestId,
  });
  c.set("particulars", {
    outcome,
    event_id: event.id,
    event_type: event.type,
    job_id: jobId,
    provider_job_id: event.providerJobId,
  });
  return c.json({ status: outcome });
}

/**
 * `LC-Signature: sha256=<hex>` is LlamaParse's; the older `X-Webhook-Signature: <hex>` counts only at a job's own URL.
 * A callback without a signature is refused like one with a wrong one.
 */
function isAuthentic(
  c: AppContext,
  raw: Uint8Array,
  signingSecrets: readonly string[],
  jobId: string | null,
): boolean {
  const signature = signatureOf(c, { legacy: jobId !== null });
  if (!signature) return false;
  const matches = signingSecrets.map((secret) => verifyHmac(jobId ? jobSecret(secret, jobId) : secret, raw, signature));
  return matches.includes(true);
}

function signatureOf(
  c: AppContext,
  { legacy }: { legacy: boolean },
): string | undefined {
  const current = c.req.header("lc-signature");
  if (current !== undefined) return current.match(/^sha256=(.*)$/i)?.[1];
  return legacy ? c.req.header("x-webhook-signature") : undefined;
}

/**
 * Counting may fail with the database; the refusal is answered all the same.
 */
async function countRefusal(
  c: AppContext,
  ledger: WebhookLedger,
  reason: Refusal,
): Promise<void> {
  c.var.log.warn("delivery refused", { reason });
  try {
    await ledger.refuse(reason, originOf(c));
  } catch (error) {
    c.var.log.error("refused delivery not counted", { reason, error });
  }
}
