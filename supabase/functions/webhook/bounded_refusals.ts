import type { WebhookLedger } from "./queries.ts";

const WINDOW_MS = 60_000;

/**
 * The ledger, recording no more than so many refusals a minute: each is a row, and anybody can send what is refused. The
 * rest are in the log. The bound is each isolate's own, so that counting costs no question to the database either.
 */
export function boundRefusals(
  ledger: WebhookLedger,
  { perMinute = 60, now = Date.now }: {
    perMinute?: number;
    now?: () => number;
  } = {},
): WebhookLedger {
  let windowEnd = 0;
  let recorded = 0;
  return {
    ...ledger,
    async refuse(...refusal) {
      if (now() >= windowEnd) {
        windowEnd = now() + WINDOW_MS;
        recorded = 0;
      }
      if (++recorded <= perMinute) await ledger.refuse(...refusal);
    },
  };
}
