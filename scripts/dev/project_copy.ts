import { dirname } from "node:path";
import { run } from "./command.ts";
import { REPOSITORY } from "./repository.ts";

/** A clone with the files as they are in this working tree; by default with the packages that are installed. */
export async function copyProject(
  copy: string,
  { withPackages = true } = {},
): Promise<void> {
  await run("git", ["clone", "--quiet", "--no-checkout", REPOSITORY, copy]);
  const listed = await run("git", ["-C", REPOSITORY, "ls-files", "-z"]);
  for (const path of listed.split("\0").filter((path) => path !== "")) {
    await Deno.mkdir(dirname(`${copy}/${path}`), { recursive: true });
    await Deno.copyFile(`${REPOSITORY}/${path}`, `${copy}/${path}`)
      .catch((error) => {
        // Deleted, and not committed yet.
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
  }
  if (withPackages) await Deno.symlink(`${REPOSITORY}/node_modules`, `${copy}/node_modules`);
}
