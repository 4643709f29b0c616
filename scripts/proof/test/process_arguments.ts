/** As often as a program that works for a moment is seen at least once. */
const LOOK_EVERY_MS = 10;

/** Runs something, and notes the arguments of every process of this machine meanwhile, as any user of it could. */
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
          // It has ended since.
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
