import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Keeps a library's output off the terminal while it works on a certain call.
 */
export interface DivertedErrors {
  /** Runs `work`; its `console.error` goes to the file. */
  during<T>(work: () => Promise<T>): Promise<T>;
  stop(): void;
}

/** `@supabase/lite` prints a stack trace for every request that REST refuses. Here they are added to `path` instead. */
export function divertErrors(path: string): DivertedErrors {
  const calls = new AsyncLocalStorage<true>();
  const file = Deno.openSync(path, { create: true, append: true });
  const encoder = new TextEncoder();
  const print = console.error;

  const divert = (...data: unknown[]) => {
    if (!calls.getStore()) return print(...data);
    const text = data.map((each) => typeof each === "string" ? each : Deno.inspect(each, { colors: false }));
    const time = new Date().toISOString();
    file.writeSync(encoder.encode(`${time} ${text.join(" ")}\n`));
  };
  console.error = divert;

  return {
    during: (work) => calls.run(true, work),
    stop() {
      if (console.error === divert) console.error = print;
      file.close();
    },
  };
}
