import { Window } from "happy-dom";
import { act, createElement, type ReactElement, type ReactNode, StrictMode } from "react";

/** What React's client looks for in the global scope. */
const GLOBALS = ["window", "document", "HTMLElement", "HTMLIFrameElement", "Node", "Event", "IS_REACT_ACT_ENVIRONMENT"];

export interface Rendered {
  rerender(element: ReactElement): Promise<void>;
  unmount(): Promise<void>;
  text(): string;
}

/** A document for React to render into, in the place of a browser's. */
export class Dom {
  readonly window: Window;
  readonly #before = new Map<string, PropertyDescriptor | undefined>();
  readonly #roots = new Set<() => Promise<void>>();

  private constructor() {
    this.window = new Window();
    const values: Record<string, unknown> = {
      window: this.window,
      document: this.window.document,
      HTMLElement: this.window.HTMLElement,
      HTMLIFrameElement: this.window.HTMLIFrameElement,
      Node: this.window.Node,
      Event: globalThis.Event,
      IS_REACT_ACT_ENVIRONMENT: true,
    };
    for (const name of GLOBALS) {
      this.#before.set(name, Object.getOwnPropertyDescriptor(globalThis, name));
      Object.defineProperty(globalThis, name, { value: values[name], configurable: true, writable: true });
    }
  }

  static open(): Dom {
    return new Dom();
  }

  async render(element: ReactElement, { isStrict = false } = {}): Promise<Rendered> {
    // Not before there is a document: React looks for it when it is loaded.
    const { createRoot } = await import("react-dom/client");
    const container = this.window.document.createElement("div");
    const root = createRoot(container as unknown as Element);
    const show = (shown: ReactElement) =>
      act(() => {
        root.render(isStrict ? createElement(StrictMode, null, shown) : shown);
        return Promise.resolve();
      });
    let isMounted = true;
    const unmount = async () => {
      if (isMounted) await act(() => root.unmount());
      isMounted = false;
    };
    this.#roots.add(unmount);
    await show(element);
    return { rerender: show, unmount, text: () => container.textContent };
  }

  async close(): Promise<void> {
    for (const unmount of this.#roots) await unmount();
    await this.window.happyDOM.close();
    for (const [name, descriptor] of this.#before) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else Reflect.deleteProperty(globalThis, name);
    }
  }
}

/** Calls a hook in a component of its own. */
export async function renderHook<T>(
  dom: Dom,
  use: () => T,
  { isStrict, wrap = (children) => children as ReactElement }: {
    isStrict?: boolean;
    wrap?: (children: ReactNode) => ReactElement;
  } = {},
) {
  const values: T[] = [];
  let current = use;
  function Component(): null {
    values.push(current());
    return null;
  }
  const element = () => wrap(createElement(Component));
  const rendered = await dom.render(element(), { isStrict });
  return {
    /** What the hook has returned so far. */
    values,
    now: () => values[values.length - 1],
    unmount: rendered.unmount,
    /** Calls another hook, or the same one with other arguments, in the same component. */
    async use(next: () => T): Promise<void> {
      current = next;
      await rendered.rerender(element());
    },
  };
}

/** Lets timers and promises run, within React's `act`. */
export async function settle(milliseconds = 5): Promise<void> {
  await act(() => new Promise((resolve) => setTimeout(resolve, milliseconds)));
}
