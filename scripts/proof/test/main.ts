import { Command, Option } from "commander";
import { runBeside } from "./beside.ts";
import { type CheckOptions, CHECKS, type Tally } from "./checks.ts";
import { ChoiceError, readChosen } from "./chosen.ts";
import { describe, isSuccess, NOTHING, sum, summaryOf } from "./summary.ts";

interface Options extends Pick<CheckOptions, "quick"> {
  all?: boolean;
  watch?: boolean;
  /** The former name of `patterns`, for one of them. */
  only?: string;
  /** Written for the process that runs this check in parallel. */
  summary?: string;
}

/**
 * `npm test`: runs every check, or those named on the command line, one after the other. Checks that mostly wait run in
 * parallel. A failed check does not stop the others.
 */
async function main(): Promise<number> {
  const names = Object.keys(CHECKS);
  const ofAll = names.filter((name) => !CHECKS[name].isSeparate);
  const usual = ofAll.filter((name) => !CHECKS[name].isExtra);
  const chosenByPattern = names.filter((name) => CHECKS[name].takesPatterns);
  const watchable = names.filter((name) => CHECKS[name].watch);
  const program = new Command()
    .name("npm test --")
    .description("Runs the project's checks.")
    .usage("[options] [checks...] [parts of paths...]")
    .argument("[words...]", `checks, by default ${usual.join(", ")}`)
    .addHelpText(
      "after",
      `\nChecks: ${names.join(", ")}.\nAfter ${
        chosenByPattern.join(", ")
      }: only what has one of the further words in its path.`,
    )
    .option(
      "--watch",
      `reruns ${watchable.join(" or ")} tests after each change`,
    )
    .option(
      "--quick",
      "only the environments of fresh that continuous integration runs",
    )
    .option("--all", "every check, including stage and fresh")
    .addOption(new Option("--only <pattern>").hideHelp())
    .addOption(new Option("--summary <file>").hideHelp())
    .parse(Deno.args, { from: "user" });
  const { summary, all, watch, only, quick } = program.opts<Options>();
  const { checks, patterns } = readChosen(
    [...program.args, ...only ? [only] : []],
    new Map(names.map((name) => [name, CHECKS[name].takesPatterns ?? false])),
  );
  const byDefault = all ? ofAll : usual;
  const chosen = checks.length > 0 ? checks : byDefault;
  const options: CheckOptions = { patterns, quick };
  if (watch) {
    const check = CHECKS[chosen[0]];
    if (chosen.length > 1 || !check.watch) {
      throw new ChoiceError(
        `--watch needs one of these checks: ${watchable.join(", ")}.`,
      );
    }
    await check.watch(patterns);
    return 0;
  }

  const beside = chosen.length > 1 ? chosen.filter((name) => CHECKS[name].runsBeside) : [];
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
    `${name}: ${tally.passed} passed, ${tally.failures.length} failed in ${seconds.toFixed(1)} s`,
  );
  return summaryOf(name, tally, seconds);
}

Deno.exit(
  await main().catch((error) => {
    if (!(error instanceof ChoiceError)) throw error;
    console.error(error.message);
    return 2;
  }),
);
