import { Command } from "commander";
import { type CheckName, CHECKS, type Tally } from "./checks.ts";

/**
 * `npm test`: every check, or those named on the command line, one after the other; a failed one does not keep the
 * others from telling what they know. Ends with one line that counts them all.
 */
async function main(): Promise<number> {
  const names = Object.keys(CHECKS) as CheckName[];
  const program = new Command()
    .name("npm test --")
    .description("Runs the project's checks.")
    .argument("[checks...]", `any of: ${names.join(", ")} (default: all)`)
    .option("--only <pattern>", "of unit and e2e, only the files that match")
    .parse(Deno.args, { from: "user" });
  const unknown = program.args.filter((name) => !(name in CHECKS));
  if (unknown.length > 0) {
    console.error(
      `There is no check "${unknown[0]}". The checks: ${names.join(", ")}.`,
    );
    return 2;
  }
  const chosen = program.args.length > 0 ? program.args as CheckName[] : names;

  const total: Tally = { passed: 0, failed: 0, skipped: 0 };
  for (const name of chosen) {
    const startedAt = performance.now();
    console.log(`\n${name}: ${CHECKS[name].about}`);
    const tally = await CHECKS[name].run(program.opts()).catch((error) => {
      console.error(error);
      return { passed: 0, failed: 1, skipped: 0 };
    });
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(
      `${name}: ${tally.passed} passed, ${tally.failed} failed in ${seconds} s`,
    );
    total.passed += tally.passed;
    total.failed += tally.failed;
    total.skipped += tally.skipped;
  }

  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
  console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

Deno.exit(await main());
