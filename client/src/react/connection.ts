import type { DocumentStatus } from "../answers.ts";
import { Backoff } from "../backoff.ts";
import type { LiveHandlers, LiveState, LiveSubscription } from "../live.ts";
import type { PipelineClient } from "../pipeline_client.ts";
import type { PipelineError } from "../pipeline_error.ts";

/** What a hook's store hears of its client. */
export interface Listener {
  /** Whether it follows the statuses of documents; if no listener does, there is no subscription. */
  wantsLive(): boolean;
  /** Called with the signed-in user's id, or null if no user is signed in, once it is known and whenever it changes. */
  onUser(userId: string | null): void;
  onStatus?(status: DocumentStatus): void;
  onRemoved?(documentId: string): void;
  onLive?(state: LiveState): void;
  onError?(error: PipelineError): void;
}

/** The user and the live subscription of one client, which all hooks share. */
export interface Connection {
  /** @returns ends it */
  listen(listener: Listener): () => void;
  /** To be called when a listener's `wantsLive` has changed. */
  update(): void;
}

const connections = new WeakMap<PipelineClient, Connection>();

export function connectionOf(pipeline: PipelineClient): Connection {
  const connection = connections.get(pipeline) ?? connect(pipeline);
  connections.set(pipeline, connection);
  return connection;
}

function connect(pipeline: PipelineClient): Connection {
  const listeners = new Set<Listener>();
  let stopUser: (() => void) | null = null;
  /** Undefined until it is known. */
  let userId: string | null | undefined;
  let subscription: LiveSubscription | null = null;
  let live: LiveState = "connecting";
  let subscribing: ReturnType<typeof setTimeout> | undefined;
  /** Before subscribing again after a subscription has ended by itself. */
  const backoff = new Backoff(250, 60_000);

  function report<K extends keyof Listener>(name: K, ...values: unknown[]): void {
    for (const listener of [...listeners]) {
      (listener[name] as ((...values: unknown[]) => void) | undefined)?.(...values);
    }
  }

  function setLive(state: LiveState): void {
    if (state === live) return;
    live = state;
    report("onLive", state);
  }

  function hearUser(id: string | null): void {
    if (id === userId) return;
    userId = id;
    close();
    // Not before all others have heard of the new user: until then, the former one's channel would be shared.
    subscribing = setTimeout(update);
    report("onUser", id);
  }

  function close(): void {
    clearTimeout(subscribing);
    subscription?.close();
    subscription = null;
    setLive("connecting");
  }

  function update(): void {
    const isWanted = typeof userId === "string" && [...listeners].some((listener) => listener.wantsLive());
    if (!isWanted) return close();
    if (subscription) return;
    clearTimeout(subscribing);
    const handlers: LiveHandlers = {
      onStatus: (status) => report("onStatus", status),
      onRemoved: (documentId) => report("onRemoved", documentId),
      onState(state) {
        if (state === "closed") return resubscribe();
        if (state !== "connecting") backoff.reset();
        setLive(state);
      },
      onError: (error) => report("onError", error),
    };
    subscription = pipeline.subscribe(handlers);
    setLive(subscription.state);
  }

  /** The subscription has ended, with the session: either another user comes, or the session is renewed. */
  function resubscribe(): void {
    close();
    subscribing = setTimeout(update, backoff.next());
  }

  return {
    listen(listener) {
      listeners.add(listener);
      if (userId !== undefined) listener.onUser(userId);
      listener.onLive?.(live);
      stopUser ??= pipeline.onUser(hearUser);
      update();
      return () => {
        listeners.delete(listener);
        update();
        if (listeners.size > 0) return;
        clearTimeout(subscribing);
        stopUser?.();
        stopUser = null;
        userId = undefined;
      };
    },
    update,
  };
}
