import { Command } from "commander";
import pc from "picocolors";
import { drill } from "./drill.ts";
import { FAULTS } from "./faults.ts";
import { runCommand } from "../../dev/terminal/run_command.ts";
import { print, printError } from "../../dev/terminal/print.ts";
import { visible } from "../../dev/terminal/visible.ts";

/** `npm run drill`: faults, alerts and repairs, on a separate stack with real Prometheus and Alertmanager. */
async function main(): Promise<number> {
  const names = Object.keys(FAULTS);
  const program = new Command()
    .name("npm run drill --")
    .description(
      "Injects faults into a local stack and checks that the alerts fire and resolve.",
    )
    .argument("[faults...]", `any of: ${names.join(", ")} (default: all)`)
    .parse(Deno.args, { from: "user" });
  const unknown = program.args.find((name) => !(name in FAULTS));
  if (unknown) {
    printError(
      `Unknown fault: "${unknown}". Faults: ${names.join(", ")}.`,
    );
    return 2;
  }
  const chosen = program.args.length > 0 ? program.args : names;
  const { alerts, metrics } = await drill(
    chosen.map((name) => FAULTS[name]),
    (step) =>
      console.error(
        pc.dim(
          `${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${visible(step)}`,
        ),
      ),
  );
  for (const { alert, source, firedAfter, resolvedAfter, error } of alerts) {
    console.log(
      error
        ? `${pc.red("failed")}  ${alert}: ${visible(error)}`
        : `${pc.green("passed")}  ${alert.padEnd(28)} ${source.padEnd(10)} fired after ${
          seconds(firedAfter)
        }, resolved ${seconds(resolvedAfter)} after the remedy`,
    );
  }
  if (metrics) console.log(`${pc.red("failed")}  the metrics: ${visible(metrics)}`);
  const failed = alerts.filter(({ error }) => error).length;
  print(`\n${alerts.length - failed} passed, ${failed} failed`);
  return failed === 0 && !metrics ? 0 : 1;
}

function seconds(value: number | undefined): string {
  return `${value?.toFixed(1).padStart(5)} s`;
}

Deno.exit(await runCommand(main));
