import type { RequestRecord } from "./control.ts";

/** Drives a simulator's control routes, for tests. */
export class ControlClient {
  constructor(readonly simulatorUrl: string) {}

  /** Sets faults. Throws when the simulator refuses them. */
  async faults(faults: Record<string, unknown>): Promise<void> {
    await this.#post("faults", faults);
  }

  /** Lets the withheld answers go and resolves to how many there were. */
  async release(): Promise<number> {
    return (await this.#post("release")).released;
  }

  /** Forgets faults and logs. Jobs stay. */
  async reset(): Promise<void> {
    await this.#post("reset");
  }

  /** What the simulator was asked and what it delivered. */
  async log(): Promise<{
    requests: RequestRecord[];
    held: number;
    deliveries: Record<string, unknown>[];
  }> {
    const response = await fetch(`${this.simulatorUrl}/_control/requests`);
    return await response.json();
  }

  /** How many requests of a route the simulator itself answered: for `create`, the paid submissions. */
  async count(route: string): Promise<number> {
    const { requests } = await this.log();
    return requests.filter((request) =>
      request.route === route && !request.fault &&
      (request.held || (request.status ?? 0) < 300)
    ).length;
  }

  async #post(route: string, body?: unknown) {
    const response = await fetch(`${this.simulatorUrl}/_control/${route}`, {
      method: "POST",
      body: JSON.stringify(body ?? {}),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`_control/${route}: ${answer.error}`);
    return answer;
  }
}
