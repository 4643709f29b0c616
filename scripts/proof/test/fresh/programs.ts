import { delimiter } from "node:path";

/** Programs of Debian, Node, npm and git; the tests need no others. */
const NEEDED = (await Deno.readTextFile(`${import.meta.dirname}/programs.txt`))
  .trim().split("\n");
/** Programs that a machine may have in an old or broken version. */
const OTHERS = ["psql", "pg_dump", "postgres", "initdb", "deno", "supabase"];

export const machinesPath = () => Deno.env.get("PATH") ?? "/usr/bin:/bin";

/**
 * Fills a folder with links to the needed programs, so that users without access to the folders of this process' PATH
 * find them.
 */
export async function linkNeededPrograms(folder: string): Promise<void> {
  for (const name of NEEDED) {
    const program = await find(name);
    if (program) await Deno.symlink(program, `${folder}/${name}`);
  }
}

/** Fills a folder with programs of our names that print an old version and fail. */
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
