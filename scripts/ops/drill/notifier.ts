/** How long an alert may take to fire or to resolve. */
const TIMEOUT_MS = 75_000;

/** A source of alerts. */
export interface AlertSource {
  name: string;
  /** The alerts that it can raise. */
  alerts: Set<string>;
  /** The alerts that fire now. */
  firing(): Promise<string[]>;
}

export function fires(source: AlertSource, alert: string): Promise<void> {
  return until(
    async () => (await source.firing()).includes(alert),
    `${source.name} raises ${alert}`,
  );
}

export function resolves(source: AlertSource, alert: string): Promise<void> {
  return until(
    async () => !(await source.firing()).includes(alert),
    `${alert} resolves in ${source.name}`,
  );
}

/** @throws after the time-out, naming the condition */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = TIMEOUT_MS,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!await holds()) {
    if (Date.now() > deadline) {
      throw new Error(`waited ${timeoutMs / 1000} s, but not: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
