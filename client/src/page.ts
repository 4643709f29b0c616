/** A browser's `document`, as far as it is needed; elsewhere there is none. */
interface Page extends Partial<EventTarget> {
  hidden?: boolean;
}

/**
 * Calls back when a tab is shown or the network returns, where there are such things.
 * @returns stops it
 */
export function onWakeUp(woken: () => void): () => void {
  const page = pageOf();
  const scope = globalThis as Partial<EventTarget>;
  const shown = () => {
    if (!isHidden()) woken();
  };
  page?.addEventListener?.("visibilitychange", shown);
  scope.addEventListener?.("online", woken);
  return () => {
    page?.removeEventListener?.("visibilitychange", shown);
    scope.removeEventListener?.("online", woken);
  };
}

/** Whether this is a tab that is not shown. */
export function isHidden(): boolean {
  return pageOf()?.hidden ?? false;
}

function pageOf(): Page | undefined {
  return (globalThis as { document?: Page }).document;
}
