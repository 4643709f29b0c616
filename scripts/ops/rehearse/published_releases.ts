import { cp } from "node:fs/promises";
import { REPOSITORY } from "../../dev/repository.ts";

/** Copies a release's files into a folder that is, or becomes, a separate repository; for tests. */
export async function copyRelease(folder: string): Promise<void> {
  await cp(`${REPOSITORY}/supabase`, `${folder}/supabase`, { recursive: true });
  await cp(`${REPOSITORY}/package-lock.json`, `${folder}/package-lock.json`);
  await Deno.symlink(`${REPOSITORY}/node_modules`, `${folder}/node_modules`);
}

/** Turns the folder's content into a version, with some files changed; it is not tagged yet. */
export async function become(
  folder: string,
  version: string,
  changes: Record<string, string> = {},
): Promise<void> {
  const files = {
    "package.json": JSON.stringify({
      version,
      pipeline: { schemaServesFunctionsSince: "0.1.0" },
    }),
    "supabase/functions/api/version.ts": `export const VERSION = "${version}";\n`,
    ...changes,
  };
  for (const [path, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${path}`, text);
  }
}

/** Commits and tags the folder, as when a version is published. */
export async function tag(folder: string, version: string): Promise<void> {
  await git(folder, "init", "--quiet");
  await git(folder, "add", "package.json", "package-lock.json", "supabase");
  await git(folder, "commit", "--quiet", "--message", version);
  await git(folder, "tag", `v${version}`);
}

async function git(folder: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("git", {
    args: ["-C", folder, ...args],
    // Without the user's settings, which may sign commits or run hooks.
    env: {
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_AUTHOR_NAME: "test",
      GIT_AUTHOR_EMAIL: "test@example.test",
      GIT_COMMITTER_NAME: "test",
      GIT_COMMITTER_EMAIL: "test@example.test",
    },
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
