/** How long an alert may take to come or go before the drill has failed. */
const TIMEOUT_MS = 75_000;

/** Whoever tells of alerts. */
export interface Teller {
  name: string;
  /** What it can tell of. */
  alerts: Set<string>;
  /** The alerts that it tells of now. */
  firing(): Promise<string[]>;
}

export function fires(teller: Teller, alert: string): Promise<void> {
  return until(
    async () => (await teller.firing()).includes(alert),
    `${teller.name} tells of ${alert}`,
  );
}

export function resolves(teller: Teller, alert: string): Promise<void> {
  return until(
    async () => !(await teller.firing()).includes(alert),
    `${alert} is over for ${teller.name}`,
  );
}

/** @throws after the time-out, saying what was waited for */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = TIMEOUT_MS,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!await holds()) {
    if (Date.now() > deadline) {
      throw new Error(`waited ${timeoutMs / 1000} s in vain until ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
