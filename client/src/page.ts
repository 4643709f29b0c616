import { onNetwork } from "./network.ts";

/** The part of a browser's `document` that this uses. Other programs have no `document`. */
interface Page extends Partial<EventTarget> {
  hidden?: boolean;
}

/**
 * Calls back when a tab is shown or the network returns, where there are such things.
 * @returns stops it
 */
export function onWakeUp(woken: () => void): () => void {
  const page = pageOf();
  const shown = () => {
    if (!isHidden()) woken();
  };
  page?.addEventListener?.("visibilitychange", shown);
  const stopNetwork = onNetwork("online", woken);
  return () => {
    page?.removeEventListener?.("visibilitychange", shown);
    stopNetwork();
  };
}

/** Whether this is a tab that is not shown. */
export function isHidden(): boolean {
  return pageOf()?.hidden ?? false;
}

function pageOf(): Page | undefined {
  return (globalThis as { document?: Page }).document;
}
