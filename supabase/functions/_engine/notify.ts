import { Webhook } from "standardwebhooks";
import { isPublicHost, type Resolve } from "../_providers/public_hosts.ts";
import type { Sql } from "../_shared/database.ts";
import type { Logger } from "../_shared/log.ts";

/** Notifications that are sent at once. */
const AT_ONCE = 10;
/** A receiver should store the notification, answer, and process it afterwards. */
const TIMEOUT_MS = 10_000;

export interface NotifyDeps {
  sql: Sql;
  /** Whether an endpoint may be called; see `endpointRule`. */
  mayCall(url: URL): Promise<boolean>;
  fetch?: typeof globalThis.fetch;
}

/** How many notifications were delivered, and how many failed: they are retried or abandoned. */
export interface Notified {
  delivered: number;
  failed: number;
}

interface Message {
  delivery_no: string;
  attempt_count: number;
  message_id: string;
  endpoint: string;
  url: string;
  secret: string | null;
  /** The previous secret, for a while after a rotation. */
  previous_secret: string | null;
  body: string;
}

/** What a receiver answered; without an error it has the notification. */
interface Answer {
  status: number | null;
  error: string | null;
}

/**
 * Posts the due notifications of the outbox until none is due or the time is up. It may run at any time and twice at
 * once: one call leases a notification at a time, and it is due again if that call does not record an outcome. The
 * sweeper calls again for the rest.
 */
export async function notify(
  deps: NotifyDeps,
  log: Logger,
  budgetMs: number,
): Promise<Notified> {
  const { sql } = deps;
  const deadline = performance.now() + budgetMs;
  const count: Notified = { delivered: 0, failed: 0 };
  while (performance.now() < deadline) {
    const due = await sql<Message[]>`
      select delivery_no::text, attempt_count, message_id, endpoint, url, secret, previous_secret, body
      from pipeline_internal.begin_notifications(${AT_ONCE})`;
    if (due.length === 0) break;
    await Promise.all(due.map(async (message) => {
      const { status, error } = await post(message, deps);
      await sql`
        select pipeline_internal.end_notification(
          ${message.delivery_no}::bigint, ${message.attempt_count}::int, ${status}::int, ${error}::text)`;
      if (error === null) {
        count.delivered++;
        return;
      }
      count.failed++;
      // Without the URL: that of a chat's webhook is a secret.
      log.warn("a message was not delivered", {
        message_id: message.message_id,
        endpoint: message.endpoint,
        attempt: message.attempt_count,
        status,
        reason: error,
      });
    }));
  }
  return count;
}

async function post(
  { message_id, url, secret, previous_secret, body }: Message,
  { mayCall, fetch = globalThis.fetch }: NotifyDeps,
): Promise<Answer> {
  const target = new URL(url);
  const isAllowed = await mayCall(target).catch(() => null);
  if (isAllowed === null) {
    return { status: null, error: `${target.host} could not be resolved` };
  }
  if (!isAllowed) {
    return {
      status: null,
      error: `${target.protocol}//${target.host} may not be called from here`,
    };
  }
  if (secret === null) {
    return { status: null, error: "its secret is not in Vault" };
  }

  const secrets = previous_secret ? [secret, previous_secret] : [secret];
  const now = new Date();
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await fetch(target, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "user-agent": "document-pipeline-webhook/1",
        "webhook-id": message_id,
        "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
        "webhook-signature": secrets.map((each) => new Webhook(each).sign(message_id, now, body)).join(" "),
      },
      body,
      // A signature for one address must not reach another.
      redirect: "manual",
      signal,
    });
    await response.body?.cancel();
    const { status } = response;
    return { status, error: response.ok ? null : `it answered ${status}` };
  } catch {
    // The error's own message contains the whole URL.
    return {
      status: null,
      error: signal.aborted ? `it did not answer within ${TIMEOUT_MS / 1000} s` : "it could not be reached",
    };
  }
}

/**
 * Which endpoints may be called: public hosts over HTTPS, and hosts that the operator names. In development all, so
 * that a receiver can run on the same machine.
 */
export function endpointRule(
  environment: "development" | "staging" | "production",
  allowedHosts: string[] = [],
  resolve?: Resolve,
): (url: URL) => Promise<boolean> {
  const allowed = allowedHosts.map((host) => host.toLowerCase());
  return async ({ protocol, hostname, host }) =>
    environment === "development" || allowed.includes(host) ||
    (protocol === "https:" && await isPublicHost(hostname, resolve));
}
