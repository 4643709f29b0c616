import { useMemo, useSyncExternalStore } from "react";
import { createObservable, type Observable } from "../observable.ts";
import type { PipelineClient } from "../pipeline_client.ts";

/** A hook's state and what it does, outside of React. It works as long as a component shows it. */
export interface Store<T> {
  get(): T;
  subscribe(listener: () => void): () => void;
}

/**
 * The state of a store that starts with its first listener, and stops after the last one has left. React's strict mode,
 * hot reloading and a moved component unsubscribe and subscribe at once: nothing is stopped then.
 * @param start returns what stops it
 */
export function createState<T>(initial: T, start: () => () => void): Observable<T> {
  let stop: (() => void) | null = null;
  let stopping: ReturnType<typeof setTimeout> | undefined;
  return createObservable(initial, (isWatched) => {
    clearTimeout(stopping);
    if (isWatched) stop ??= start();
    else {
      stopping = setTimeout(() => {
        stop?.();
        stop = null;
      });
    }
  });
}

/** The client's store of this component. */
export function useStore<S>(pipeline: PipelineClient, create: (pipeline: PipelineClient) => S): S {
  return useMemo(() => create(pipeline), [pipeline, create]);
}

/** The store's state; on a server, and while its page becomes alive in the browser, `initial`. */
export function useStoreState<T>(store: Store<T>, initial: T): T {
  return useSyncExternalStore(store.subscribe, store.get, () => initial);
}
