/** Frequent enough to see every short-lived program at least once. */
const LOOK_EVERY_MS = 10;

/** Runs a command, and records the arguments of every process on this machine meanwhile, as any user could. */
export async function argumentsDuring<T>(
  run: () => Promise<T>,
): Promise<{ result: T; seen: string[] }> {
  const seen = new Set<string>();
  let isOver = false;
  const looking = (async () => {
    while (!isOver) {
      for await (const { name } of Deno.readDir("/proc")) {
        if (!/^\d+$/.test(name)) continue;
        const line = await Deno.readTextFile(`/proc/${name}/cmdline`)
          // The process has ended.
          .catch(() => "");
        seen.add(line.replaceAll("\0", " ").trim());
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  })();
  try {
    return { result: await run(), seen: [...seen] };
  } finally {
    isOver = true;
    await looking;
  }
}
