import { Command } from "commander";
import { CHECKS, type Tally } from "./checks.ts";

/**
 * `npm test`: every check, or those named on the command line, one after the other; a failed one does not keep the
 * others from telling what they know. Ends with the names of what failed, or passed only when it was tried again, and
 * one line that counts them all.
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
      "of unit and e2e, only the files that match; of fresh, the environments",
    )
    .option("--quick", "of fresh, only what continuous integration runs")
    .parse(Deno.args, { from: "user" });
  const unknown = program.args.filter((name) => !(name in CHECKS));
  if (unknown.length > 0) {
    console.error(
      `There is no check "${unknown[0]}". The checks: ${names.join(", ")}.`,
    );
    return 2;
  }
  const chosen = program.args.length > 0 ? program.args : usual;

  const total = {
    passed: 0,
    skipped: 0,
    failures: [] as string[],
    unsteady: [] as string[],
  };
  for (const name of chosen) {
    const startedAt = performance.now();
    console.log(`\n${name}: ${CHECKS[name].about}`);
    const tally: Tally = await CHECKS[name].run(program.opts())
      .catch((error) => {
        console.error(error);
        return { passed: 0, skipped: 0, failures: [String(error)] };
      });
    const { passed, skipped, failures, unsteady = [] } = tally;
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(
      `${name}: ${passed} passed, ${failures.length} failed in ${seconds} s`,
    );
    total.passed += passed;
    total.skipped += skipped;
    total.failures.push(...failures.map((failure) => `${name}: ${failure}`));
    total.unsteady.push(...unsteady.map((test) => `${name}: ${test}`));
  }

  list("What passed only when it was tried again:", total.unsteady);
  list("What failed:", total.failures);
  const failed = total.failures.length;
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
  console.log(`\n${total.passed} passed, ${failed} failed${skipped}`);
  return failed === 0 && total.passed > 0 ? 0 : 1;
}

function list(title: string, names: string[]): void {
  if (names.length === 0) return;
  console.error(`\n${title}`);
  for (const name of names) console.error(`  ${name}`);
}

Deno.exit(await main());
