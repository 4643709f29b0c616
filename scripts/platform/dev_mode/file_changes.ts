/**
 * A save is several events, and several files are often saved at once: milliseconds without another event end a change.
 */
const QUIET_MS = 60;

/**
 * Watches from the call on, and yields after files below these paths changed, until the signal is aborted. What changes
 * while the consumer is at work is yielded as soon as it asks again.
 */
export function fileChanges(
  paths: string[],
  signal: AbortSignal,
): AsyncGenerator<string[], void> {
  return changesOf(Deno.watchFs(paths), signal);
}

async function* changesOf(
  watcher: Deno.FsWatcher,
  signal: AbortSignal,
): AsyncGenerator<string[], void> {
  const close = () => watcher.close();
  signal.addEventListener("abort", close, { once: true });
  if (signal.aborted) close();
  const events = watcher[Symbol.asyncIterator]();
  let next = events.next();
  try {
    while (true) {
      const { value, done } = await next;
      if (done) return;
      const changed = new Set(pathsOf(value));
      next = events.next();
      for (let quiet = false; !quiet;) {
        const event = await Promise.race([next, pause(QUIET_MS)]);
        if (event?.done) break;
        if (event) {
          for (const path of pathsOf(event.value)) changed.add(path);
          next = events.next();
        }
        quiet = event === undefined;
      }
      if (changed.size > 0) yield [...changed].sort();
    }
  } finally {
    signal.removeEventListener("abort", close);
    if (!signal.aborted) close();
  }
}

function pathsOf({ kind, paths }: Deno.FsEvent): string[] {
  return kind === "access" ? [] : paths;
}

function pause(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms));
}
