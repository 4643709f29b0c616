import { delimiter } from "node:path";

/** What Debian, Node, npm and git bring; nothing else of a machine is needed. */
const NEEDED = (await Deno.readTextFile(`${import.meta.dirname}/programs.txt`))
  .trim().split("\n");
/** What a machine may have of its own, older or broken. */
const OTHERS = ["psql", "pg_dump", "postgres", "initdb", "deno", "supabase"];

const machinesPath = () => Deno.env.get("PATH") ?? "/usr/bin:/bin";

/** Fills a folder with links to the needed programs. @returns a PATH of nothing else */
export async function neededProgramsAlone(folder: string): Promise<string> {
  for (const name of NEEDED) {
    const program = await find(name);
    if (program) await Deno.symlink(program, `${folder}/${name}`);
  }
  return folder;
}

/** Fills a folder with programs that are none of ours and fail. @returns a PATH on which they come first */
export async function otherProgramsFirst(folder: string): Promise<string> {
  for (const name of OTHERS) {
    await Deno.writeTextFile(
      `${folder}/${name}`,
      `#!/bin/sh\n[ "$1" = --version ] && echo "${name} (PostgreSQL) 9.6.24" && exit 0\nexit 99\n`,
      { mode: 0o755 },
    );
    await Deno.chmod(`${folder}/${name}`, 0o755);
  }
  return `${folder}${delimiter}${machinesPath()}`;
}

async function find(name: string): Promise<string | undefined> {
  for (const folder of machinesPath().split(delimiter)) {
    const path = `${folder}/${name}`;
    const found = await Deno.stat(path).catch(() => null);
    if (found?.isFile) return path;
  }
}
