import { expect, test } from "vitest";
import { boundRefusals } from "./bounded_refusals.ts";
import type { WebhookLedger } from "./queries.ts";

test("records a limited number of refusals per minute", async () => {
  let recorded = 0;
  let time = 1_000_000;
  const ledger = boundRefusals(
    {
      refuse: () => Promise.resolve(void recorded++),
    } as unknown as WebhookLedger,
    { perMinute: 3, now: () => time },
  );
  const flood = async () => {
    for (let sent = 0; sent < 10; sent++) {
      await ledger.refuse("invalid_signature", {
        requestId: "request",
        network: null,
      });
    }
  };
  await flood();
  expect(recorded).toBe(3);
  time += 59_999;
  await flood();
  expect(recorded).toBe(3);
  time += 1;
  await flood();
  expect(recorded).toBe(6);
});
