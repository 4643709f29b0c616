import type { Broadcast } from "./frames.ts";

/** Receives what is broadcast on a topic. */
export interface Subscriber {
  receive(broadcast: Broadcast): void;
}

/** Who is joined to which topic. A private topic and a public one of the same name are two. */
export class Topics {
  readonly #subscribers = new Map<string, Set<Subscriber>>();

  join(topic: string, isPrivate: boolean, subscriber: Subscriber): void {
    const key = keyOf(topic, isPrivate);
    const joined = this.#subscribers.get(key) ?? new Set();
    joined.add(subscriber);
    this.#subscribers.set(key, joined);
  }

  leave(topic: string, isPrivate: boolean, subscriber: Subscriber): void {
    const key = keyOf(topic, isPrivate);
    const joined = this.#subscribers.get(key);
    joined?.delete(subscriber);
    if (joined?.size === 0) this.#subscribers.delete(key);
  }

  /** @param from a subscriber that does not get its own broadcast */
  broadcast(topic: string, isPrivate: boolean, broadcast: Broadcast, from?: Subscriber): void {
    // A copy: a subscriber that exceeds a limit leaves while it receives.
    for (const subscriber of [...this.#subscribers.get(keyOf(topic, isPrivate)) ?? []]) {
      if (subscriber !== from) subscriber.receive(broadcast);
    }
  }
}

function keyOf(topic: string, isPrivate: boolean): string {
  return `${isPrivate ? "private" : "public"}:${topic}`;
}
