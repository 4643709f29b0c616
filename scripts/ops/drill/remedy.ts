import { runSupabase } from "../rotate_secret/function_secrets.ts";
import { localProject } from "../rotate_secret/local_stack.ts";
import { run } from "../../dev/command.ts";
import type { TestStack } from "../../platform/test_stack/test_stack.ts";
import type { Fault, Scene } from "./faults.ts";
import type { Step } from "./runbook.ts";
import { REPOSITORY } from "../../dev/repository.ts";

/**
 * Runs a block of the runbook on a stack, as an operator would: statements as the database's owner, commands as
 * processes.
 * @param blanks values for `<name>`; the stack's URL replaces a hosted project's
 * @throws if a blank has no value, or a step fails
 */
export async function followRemedy(
  { language, text }: Step,
  scene: Scene,
  blanks: Required<Fault>["blanks"],
): Promise<void> {
  const filled = text.replaceAll("https://<ref>.supabase.co", scene.stack.url)
    .replaceAll(/<(\w+)>/g, (blank, name) => {
      const value = blanks[name];
      if (value === undefined) {
        throw new Error(`no value for ${blank} in: ${text}`);
      }
      return typeof value === "string" ? value : value(scene);
    });
  if (language === "sql") await scene.sql.unsafe(filled).simple();
  else {
    for (const line of filled.trim().split("\n")) {
      await command(line, scene.stack);
    }
  }
}

async function command(line: string, stack: TestStack): Promise<void> {
  const [, name, rest] = /^(npm run pipeline --|npx supabase) (.+)$/.exec(line) ??
    [];
  if (!name) throw new Error(`unsupported remedy: ${line}`);
  const args = rest.split(" ");
  if (name === "npx supabase") {
    const project = await localProject(stack.url);
    await runSupabase(project, args)
      .finally(() => Deno.remove(project.profile));
    return;
  }
  await run(Deno.execPath(), [
    "run",
    "-A",
    `${REPOSITORY}/scripts/ops/pipeline/main.ts`,
    ...args,
    "--url",
    stack.url,
  ]);
}
