import { runSupabase } from "../rotate_secret/function_secrets.ts";
import { localProject } from "../rotate_secret/local_stack.ts";
import { run } from "../../dev/command.ts";
import type { TestStack } from "../../platform/test_stack/test_stack.ts";
import type { Fault, Scene } from "./faults.ts";
import type { Step } from "./runbook.ts";
import { REPOSITORY } from "../../dev/repository.ts";

/**
 * Does what a block of the runbook says, on a stack, as an operator would: statements by the database's owner, commands as
 * processes of their own.
 * @param blanks what stands for `<name>`; the address of a hosted project is the stack's
 * @throws if a blank is not filled in, or what is done fails
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
        throw new Error(`nobody says what ${blank} is in: ${text}`);
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
  const [, name, rest] =
    /^(npm run pipeline --|npx supabase) (.+)$/.exec(line) ??
      [];
  if (!name) throw new Error(`a remedy that the drill cannot do: ${line}`);
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
