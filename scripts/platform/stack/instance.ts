import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

/** What a running instance publishes about itself. */
interface InstanceFacts {
  pid: number;
  url?: string;
}

/** The right to use a state folder. It ends with the process. */
export interface Instance {
  /** Publishes where this instance answers, for the message of a second instance. */
  announce(url: string): Promise<void>;
  release(): void;
}

/**
 * Claims a state folder, so that two stacks never run on the same data.
 * @throws {ErrorWithRemedy} with the code `instance_running` if another instance has it
 */
export async function claimInstance(stateDir: string): Promise<Instance> {
  await Deno.mkdir(stateDir, { recursive: true });
  const path = `${stateDir}/instance.lock`;
  const file = await Deno.open(path, {
    read: true,
    write: true,
    create: true,
  });
  if (!await isLocked(file)) {
    file.close();
    throw alreadyRunning(stateDir, await readFacts(path));
  }
  await writeFacts(file, { pid: Deno.pid });

  let released = false;
  return {
    announce: (url) => writeFacts(file, { pid: Deno.pid, url }),
    release() {
      if (released) return;
      released = true;
      // The file stays: a removed one could be locked by two processes at once.
      file.close();
    },
  };
}

/** Whether an instance has the state folder, be it still starting. */
export async function isClaimed(stateDir: string): Promise<boolean> {
  try {
    using file = await Deno.open(`${stateDir}/instance.lock`, { read: true });
    return !await file.tryLock(false);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Tries more than once: `isClaimed` of another process holds the lock for a moment. */
async function isLocked(file: Deno.FsFile): Promise<boolean> {
  for (let attempt = 1;; attempt++) {
    if (await file.tryLock(true)) return true;
    if (attempt === 3) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function writeFacts(
  file: Deno.FsFile,
  facts: InstanceFacts,
): Promise<void> {
  await file.truncate(0);
  await file.seek(0, Deno.SeekMode.Start);
  await file.write(new TextEncoder().encode(JSON.stringify(facts)));
}

/** The instance writes its facts after it takes the lock, so they may be missing. */
async function readFacts(path: string): Promise<Partial<InstanceFacts>> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch {
    return {};
  }
}

function alreadyRunning(
  stateDir: string,
  { pid, url }: Partial<InstanceFacts>,
): ErrorWithRemedy {
  const where = [pid && `pid ${pid}`, url].filter(Boolean).join(", ");
  return new ErrorWithRemedy(
    `The stack is already running in ${stateDir}${where && ` (${where})`}.`,
    `Use the running one, or stop it with Ctrl-C in its terminal${pid ? ` or with: kill ${pid}` : ""}.`,
    { code: "instance_running" },
  );
}
