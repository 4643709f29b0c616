import { Command, Option } from "commander";
import { runBeside } from "./beside.ts";
import { type CheckOptions, CHECKS, type Tally } from "./checks.ts";
import { describe, isSuccess, NOTHING, sum, summaryOf } from "./summary.ts";

interface Options extends CheckOptions {
  all?: boolean;
  /** Written for the process that runs this check in parallel. */
  summary?: string;
}

/**
 * `npm test`: runs every check, or those named on the command line, one after the other. Checks that mostly wait run in
 * parallel. A failed check does not stop the others.
 */
async function main(): Promise<number> {
  const names = Object.keys(CHECKS);
  const usual = names.filter((name) => !CHECKS[name].isExtra);
  const program = new Command()
    .name("npm test --")
    .description("Runs the project's checks.")
    .argument(
      "[checks...]",
      `any of: ${names.join(", ")} (default: ${usual.join(", ")})`,
    )
    .option(
      "--only <pattern>",
      "only matching files of unit and e2e, or environments of fresh",
    )
    .option(
      "--quick",
      "only the environments of fresh that continuous integration runs",
    )
    .option("--all", "every check, including those that run only when named")
    .addOption(new Option("--summary <file>").hideHelp())
    .parse(Deno.args, { from: "user" });
  const unknown = program.args.filter((name) => !(name in CHECKS));
  if (unknown.length > 0) {
    console.error(
      `Unknown check: "${unknown[0]}". Checks: ${names.join(", ")}.`,
    );
    return 2;
  }
  const { summary, all, ...options } = program.opts<Options>();
  const byDefault = all ? names : usual;
  const chosen = program.args.length > 0 ? program.args : byDefault;

  const beside = chosen.length > 1
    ? chosen.filter((name) => CHECKS[name].runsBeside)
    : [];
  const ending = beside.map((name) => runBeside(name, options));
  let total = NOTHING;
  for (const name of chosen.filter((name) => !beside.includes(name))) {
    total = sum(total, await runCheck(name, options));
  }
  for (const end of ending) {
    const { output, ...outcome } = await end;
    await Deno.stdout.write(output);
    total = sum(total, outcome);
  }
  if (summary) await Deno.writeTextFile(summary, JSON.stringify(total));
  else console.log(describe(total));
  return isSuccess(total) ? 0 : 1;
}

async function runCheck(name: string, options: CheckOptions) {
  const startedAt = performance.now();
  console.log(`\n${name}: ${CHECKS[name].about}`);
  const tally: Tally = await CHECKS[name].run(options).catch((error) => {
    console.error(error);
    return { passed: 0, skipped: 0, failures: [String(error)] };
  });
  const seconds = (performance.now() - startedAt) / 1000;
  console.log(
    `${name}: ${tally.passed} passed, ${tally.failures.length} failed in ${
      seconds.toFixed(1)
    } s`,
  );
  return summaryOf(name, tally, seconds);
}

Deno.exit(await main());
