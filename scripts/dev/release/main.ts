import { Command } from "commander";
import { run } from "../command.ts";
import { REPOSITORY } from "../repository.ts";
import { runCommand } from "../terminal/run_command.ts";
import { makeRelease, planRelease } from "./release.ts";

/** `npm run release -- 1.2.3`: checks that the working tree may be released, sets the version, and tags it. */
async function main(): Promise<number> {
  const program = new Command("npm run release --")
    .description("Sets the version and tags a release. Pushes nothing.")
    .argument("<version>", "such as 1.2.3")
    .option("--dry-run", "only check, and say what would be done")
    .parse(Deno.args, { from: "user" });
  const { dryRun } = program.opts<{ dryRun?: boolean }>();
  const plan = await planRelease(REPOSITORY, program.args[0]);
  const tag = `v${plan.version}`;
  if (dryRun) {
    const first = plan.setsVersion ? "set the version in package.json, run npm run generate, commit, and " : "";
    console.log(`Would ${first}tag ${tag}:\n\n${plan.notes}`);
    return 0;
  }
  await makeRelease(REPOSITORY, plan, generate);
  console.log(
    `Tagged ${tag}. To publish it, once continuous integration has passed for the commit:\n\n  git push origin HEAD ${tag}`,
  );
  return 0;
}

async function generate(): Promise<void> {
  await run(Deno.execPath(), [
    ...["run", "-A", `${REPOSITORY}/scripts/dev/generate/main.ts`],
  ], { cwd: REPOSITORY });
}

Deno.exit(await runCommand(main));
