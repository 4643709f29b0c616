import { delimiter } from "node:path";

/** What Debian, Node, npm and git bring; nothing else of a machine is needed. */
const NEEDED = (await Deno.readTextFile(`${import.meta.dirname}/programs.txt`))
  .trim().split("\n");
/** What a machine may have of its own, older or broken. */
const OTHERS = ["psql", "pg_dump", "postgres", "initdb", "deno", "supabase"];

export const machinesPath = () => Deno.env.get("PATH") ?? "/usr/bin:/bin";

/**
 * Fills a folder with links to the needed programs themselves, so that they are found by who may not enter the folders of
 * this process' PATH.
 */
export async function linkNeededPrograms(folder: string): Promise<void> {
  for (const name of NEEDED) {
    const program = await find(name);
    if (program) await Deno.symlink(program, `${folder}/${name}`);
  }
}

/** Fills a folder with programs of names that are ours, which tell an old version and fail. */
export async function writeOtherPrograms(folder: string): Promise<void> {
  for (const name of OTHERS) {
    await Deno.writeTextFile(
      `${folder}/${name}`,
      `#!/bin/sh\n[ "$1" = --version ] && echo "${name} (PostgreSQL) 9.6.24" && exit 0\nexit 99\n`,
      { mode: 0o755 },
    );
    await Deno.chmod(`${folder}/${name}`, 0o755);
  }
}

async function find(name: string): Promise<string | undefined> {
  for (const folder of machinesPath().split(delimiter)) {
    const path = `${folder}/${name}`;
    const found = await Deno.stat(path).catch(() => null);
    if (found?.isFile) return await Deno.realPath(path);
  }
}
