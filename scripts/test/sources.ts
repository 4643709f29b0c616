import { existsSync } from "node:fs";

/** Every TypeScript file of the project that git knows or does not ignore. */
export async function readTypeScriptFiles(): Promise<string[]> {
  const { success, stdout, stderr } = await new Deno.Command("git", {
    args: [
      "ls-files",
      "--cached",
      "--others",
      "--exclude-standard",
      "*.ts",
    ],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const paths = new TextDecoder().decode(stdout).split("\n").filter(Boolean);
  // git goes on listing a file that was removed until that is committed.
  return paths.filter((path) => existsSync(path));
}
