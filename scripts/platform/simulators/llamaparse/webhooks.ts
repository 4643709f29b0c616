import { createHmac, randomUUID } from "node:crypto";
import { isLoopback } from "../simulator.ts";
import type { LlamaParseControl } from "./faults.ts";
import type { WebhookConfiguration } from "./parse_configuration.ts";

export interface WebhookTiming {
  /** Pauses before the second and the third attempt, in milliseconds. */
  backoffMs: number[];
  /** A receiver that takes longer has failed. */
  timeoutMs: number;
}

const ATTEMPTS = 3;

/** Sends LlamaCloud's webhooks, but to this machine only: a simulator must never post anywhere else. */
export class Webhooks {
  constructor(
    readonly control: LlamaParseControl,
    readonly timing: WebhookTiming,
    readonly stopped: AbortSignal,
  ) {}

  /** Notifies each endpoint that asked for this event. Resolves once all are delivered or given up. */
  async announce(
    jobId: string,
    eventType: string,
    endpoints: WebhookConfiguration[],
  ): Promise<void> {
    const wanted = endpoints.filter((endpoint) =>
      endpoint.webhook_url &&
      (endpoint.webhook_events?.includes(eventType) ?? true)
    );
    await Promise.all(
      wanted.map((endpoint) => this.#send(jobId, eventType, endpoint)),
    );
  }

  /**
   * The older API's callback: the result itself, with neither id nor signature.
   */
  async announceLegacy(url: string, body: unknown): Promise<void> {
    await this.#attempt(url, "v1", null, {
      body: JSON.stringify(body),
      headers: { "Content-Type": "application/json" },
    });
  }

  async #send(
    jobId: string,
    eventType: string,
    endpoint: WebhookConfiguration,
  ): Promise<void> {
    const { webhooks, webhook_delay_ms } = this.control.faults;
    const url = endpoint.webhook_url!;
    const eventId = randomUUID();
    if (webhooks === "lose") {
      this.#log({ url, eventId, eventType, outcome: "lost" });
      return;
    }
    const payload = JSON.stringify({
      event_id: eventId,
      event_type: eventType,
      timestamp: Date.now() / 1000,
      data: { id: jobId, job_id: jobId },
    });
    const asObject = endpoint.webhook_output_format === "json" &&
      webhooks !== "string";
    const body = asObject ? payload : JSON.stringify(payload);
    const headers: Record<string, string> = {
      ...endpoint.webhook_headers,
      "Content-Type": "application/json",
      "User-Agent": "llamaindex-webhook-service/1.0",
      "X-Webhook-Event-ID": eventId,
      "X-Webhook-Event-Type": eventType,
    };
    const secret = webhooks === "forge" ? "not-the-secret" : endpoint.webhook_signing_secret;
    if (secret) headers["LC-Signature"] = signature(secret, body);
    if (webhooks === "late") await this.#pause(webhook_delay_ms);
    const message = { body, headers };
    await this.#attempt(url, eventType, eventId, message);
    if (webhooks === "twice") {
      await this.#attempt(url, eventType, eventId, message);
    }
  }

  async #attempt(
    url: string,
    eventType: string,
    eventId: string | null,
    message: { body: string; headers: Record<string, string> },
  ): Promise<void> {
    if (!isLoopback(new URL(url).hostname)) {
      this.#log({ url, eventId, eventType, outcome: "refused: not loopback" });
      return;
    }
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      if (attempt > 1) await this.#pause(this.timing.backoffMs[attempt - 2]);
      if (this.stopped.aborted) return;
      const answer = await this.#post(url, message);
      const delivered = typeof answer === "number" && answer >= 200 &&
        answer < 300;
      this.#log({
        url,
        eventId,
        eventType,
        attempt,
        answer,
        outcome: delivered ? "delivered" : "failed",
      });
      if (delivered) return;
    }
  }

  /** The receiver's status, or why there was none. */
  async #post(
    url: string,
    message: { body: string; headers: Record<string, string> },
  ): Promise<number | string> {
    try {
      const response = await fetch(url, {
        method: "POST",
        ...message,
        redirect: "manual",
        signal: AbortSignal.any([
          this.stopped,
          AbortSignal.timeout(this.timing.timeoutMs),
        ]),
      });
      await response.body?.cancel();
      return response.status;
    } catch (error) {
      return String(error);
    }
  }

  #log(entry: Record<string, unknown>): void {
    this.control.deliveries.push({ time: new Date().toISOString(), ...entry });
  }

  /** Waits, or not: stopping the simulator ends every pause. */
  #pause(milliseconds: number): Promise<void> {
    return pause(milliseconds, this.stopped);
  }
}

/** `LC-Signature`: HMAC-SHA256 over the body as sent. */
export function signature(secret: string, body: string): string {
  return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
}

/** Resolves after the time, or at once when the signal is given. */
export function pause(
  milliseconds: number,
  stopped: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    if (stopped.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      stopped.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    stopped.addEventListener("abort", end);
  });
}
