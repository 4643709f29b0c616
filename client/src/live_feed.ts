import type { SupabaseClient } from "@supabase/supabase-js";
import type { LiveHandlers, LiveState, LiveSubscription } from "./live.ts";
import { LiveRun } from "./live_run.ts";

/** A channel stays joined so long after the last subscription, for the next one. */
const LINGER_MS = 250;

/** The subscriptions of one client, which share a channel. */
export interface LiveFeed {
  subscribe(handlers: LiveHandlers): LiveSubscription;
  readonly isLive: boolean;
  /**
   * Calls back when a document changes, is deleted, or live events end.
   * @returns stops it
   */
  watch(documentId: string, changed: () => void): () => void;
}

const feeds = new WeakMap<SupabaseClient, LiveFeed>();

/** The feed of this client, also of several pipeline clients that share it: a topic can be joined once. */
export function liveFeedOf(supabase: SupabaseClient): LiveFeed {
  const existing = feeds.get(supabase);
  if (existing) return existing;
  const feed = createLiveFeed(supabase);
  feeds.set(supabase, feed);
  return feed;
}

interface Subscriber {
  handlers: LiveHandlers;
  state: LiveState;
}

function createLiveFeed(supabase: SupabaseClient): LiveFeed {
  const subscribers = new Set<Subscriber>();
  const watchers = new Map<string, Set<() => void>>();
  let run: LiveRun | undefined;
  let leaving: Promise<void> = Promise.resolve();

  function each(call: (subscriber: Subscriber) => void): void {
    // A copy: a handler may close its subscription.
    for (const subscriber of [...subscribers]) {
      if (!subscribers.has(subscriber)) continue;
      try {
        call(subscriber);
      } catch (error) {
        // An app's own error is not the feed's: it surfaces as an uncaught one, and the others are called.
        setTimeout(() => {
          throw error;
        });
      }
    }
  }

  function notify(documentId: string): void {
    for (const changed of [...watchers.get(documentId) ?? []]) changed();
  }

  function changeState(state: LiveState): void {
    if (state !== "live") { for (const documentId of [...watchers.keys()]) notify(documentId); }
    const ended = state === "closed";
    each((subscriber) => {
      subscriber.state = state;
      if (ended) subscribers.delete(subscriber);
      subscriber.handlers.onState?.(state);
    });
    if (ended) endRun();
  }

  function endRun(): void {
    const ending = run;
    run = undefined;
    leaving = leaving.then(() => ending?.stop());
  }

  async function begin(): Promise<void> {
    const begun = new LiveRun(supabase, {
      status: (status) => {
        each(({ handlers }) => handlers.onStatus(status));
        notify(status.document_id);
      },
      removed: (documentId) => {
        each(({ handlers }) => handlers.onRemoved?.(documentId));
        notify(documentId);
      },
      state: (state) => {
        if (run === begun) changeState(state);
      },
      error: (error) => each(({ handlers }) => handlers.onError?.(error)),
    });
    run = begun;
    await leaving;
    if (run === begun) begun.start();
  }

  function endIfUnused(): void {
    if (subscribers.size === 0) endRun();
  }

  return {
    get isLive() {
      return run?.state === "live";
    },

    subscribe(handlers) {
      const subscriber: Subscriber = { handlers, state: "connecting" };
      subscribers.add(subscriber);
      if (!run) void begin();
      else if (run.state !== "connecting") {
        // Not before the caller has the subscription.
        void Promise.resolve().then(() => {
          if (!run || !subscribers.has(subscriber) || subscriber.state === run.state) return;
          subscriber.state = run.state;
          handlers.onState?.(run.state);
        });
      }
      return {
        get state() {
          return subscriber.state;
        },
        close() {
          subscriber.state = "closed";
          if (subscribers.delete(subscriber)) setTimeout(endIfUnused, LINGER_MS);
        },
      };
    },

    watch(documentId, changed) {
      const watching = watchers.get(documentId) ?? new Set();
      watching.add(changed);
      watchers.set(documentId, watching);
      return () => {
        watching.delete(changed);
        if (watching.size === 0) watchers.delete(documentId);
      };
    },
  };
}
