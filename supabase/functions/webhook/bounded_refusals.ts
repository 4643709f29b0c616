import type { WebhookLedger } from "./queries.ts";

const WINDOW_MS = 60_000;

/**
 * The ledger with a limit on the refusals that are recorded per minute, because each is a row and anyone can send a
 * callback that is refused. The log has the rest. Each isolate has its own limit, so that counting needs no query.
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
