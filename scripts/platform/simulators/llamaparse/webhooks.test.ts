import { createHmac } from "node:crypto";
import { LlamaCloud } from "@llamaindex/llama-cloud";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ControlClient } from "../control_client.ts";
import type { Simulator } from "../simulator.ts";
import { makePages } from "./sample_pdf.ts";
import { startLlamaParse } from "./server.ts";
import { startWebhookReceiver, type WebhookReceiver } from "./webhook_receiver.ts";

let simulator: Simulator;
let receiver: WebhookReceiver;
let control: ControlClient;
const bytes = await makePages(1);
const SECRET = "a shared secret";

beforeEach(async () => {
  simulator = await startLlamaParse({
    pendingMs: 5,
    runningMs: 10,
    webhookBackoffMs: [20, 40],
  });
  receiver = startWebhookReceiver();
  control = new ControlClient(simulator.url);
});
afterEach(async () => {
  await simulator.stop();
  await receiver.stop();
});

async function submit(webhook: Record<string, unknown> = {}) {
  const client = new LlamaCloud({ apiKey: "any", baseURL: simulator.url });
  const job = await client.parsing.create({
    tier: "cost_effective",
    version: "latest",
    upload_file: new File([bytes], "a.pdf"),
    webhook_configurations: [{
      webhook_url: receiver.url,
      webhook_events: ["parse.success", "parse.error"],
      webhook_output_format: "json",
      webhook_signing_secret: SECRET,
      ...webhook,
    }],
  });
  return job.id;
}

/** The log's entries of ended deliveries, once there are so many. */
async function logged(count: number) {
  await expect.poll(async () => (await control.log()).deliveries.length)
    .toBeGreaterThanOrEqual(count);
  return (await control.log()).deliveries;
}

function expectedSignature(body: string): string {
  return `sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`;
}

describe("a webhook", () => {
  it("is delivered once, signed over the raw body", async () => {
    const id = await submit({ webhook_headers: { "X-Mine": "yes" } });
    await receiver.received(1);
    const [{ headers, body }] = receiver.deliveries;
    expect(headers.get("lc-signature")).toBe(expectedSignature(body));
    expect(headers.get("user-agent")).toBe("llamaindex-webhook-service/1.0");
    expect(headers.get("content-type")).toBe("application/json");
    expect(headers.get("x-webhook-event-type")).toBe("parse.success");
    expect(headers.get("x-mine")).toBe("yes");
    expect(JSON.parse(body)).toEqual({
      event_id: headers.get("x-webhook-event-id"),
      event_type: "parse.success",
      timestamp: expect.any(Number),
      data: { id, job_id: id },
    });
    expect(await logged(1)).toMatchObject([{ outcome: "delivered" }]);
  });

  it("is a JSON string by default", async () => {
    const id = await submit({ webhook_output_format: undefined });
    await receiver.received(1);
    const [{ headers, body }] = receiver.deliveries;
    expect(headers.get("lc-signature")).toBe(expectedSignature(body));
    expect(JSON.parse(JSON.parse(body)).data.job_id).toBe(id);
  });

  it("has no signature without a secret", async () => {
    await submit({ webhook_signing_secret: undefined });
    await receiver.received(1);
    expect(receiver.deliveries[0].headers.get("lc-signature")).toBeNull();
  });

  it("is sent for every event when none is named", async () => {
    await submit({ webhook_events: undefined });
    await receiver.received(3);
    const events = receiver.deliveries.map(({ headers }) => headers.get("x-webhook-event-type"));
    expect(events.sort()).toEqual([
      "parse.pending",
      "parse.running",
      "parse.success",
    ]);
  });

  it("is sent three times with the same event id, then given up", async () => {
    receiver.answers.push(500, 503, 404);
    await submit();
    expect(await logged(3)).toMatchObject([
      { attempt: 1, answer: 500, outcome: "failed" },
      { attempt: 2, answer: 503, outcome: "failed" },
      { attempt: 3, answer: 404, outcome: "failed" },
    ]);
    const ids = receiver.deliveries.map(({ headers }) => headers.get("x-webhook-event-id"));
    expect(new Set(ids).size).toBe(1);
    expect(ids).toHaveLength(3);
  });

  it("is never sent to another machine", async () => {
    await submit({ webhook_url: "https://192.0.2.1/hook" });
    expect(await logged(1)).toMatchObject([
      { outcome: "refused: not loopback" },
    ]);
  });
});

describe("webhook faults", () => {
  it("suppress it", async () => {
    await control.faults({ webhooks: "lose" });
    await submit();
    expect(await logged(1)).toMatchObject([{ outcome: "lost" }]);
    expect(receiver.deliveries).toEqual([]);
  });

  it("send it twice", async () => {
    await control.faults({ webhooks: "twice" });
    await submit();
    await receiver.received(2);
    const [first, second] = receiver.deliveries;
    expect(second.body).toBe(first.body);
  });

  it("sign it with a wrong secret", async () => {
    await control.faults({ webhooks: "forge" });
    await submit();
    await receiver.received(1);
    const [{ headers, body }] = receiver.deliveries;
    expect(headers.get("lc-signature")).toMatch(/^sha256=[0-9a-f]{64}$/);
    expect(headers.get("lc-signature")).not.toBe(expectedSignature(body));
  });

  it("send it late", async () => {
    await control.faults({ webhooks: "late", webhook_delay_ms: 300 });
    const began = Date.now();
    await submit();
    await receiver.received(1);
    expect(Date.now() - began).toBeGreaterThanOrEqual(300);
  });
});
