import process from "node:process";
import { createLogUpdate } from "log-update";
import { openScreen } from "../../dev/terminal/screen.ts";
import { printTrace } from "../../dev/terminal/print.ts";
import { visibleLine } from "../../dev/terminal/visible.ts";
import { operate } from "./operate.ts";
import type { Board } from "./report.ts";

/** `npm run pipeline`: colours and progress bars on a terminal; plain lines elsewhere. */
export async function main(args: string[]): Promise<number> {
  return await operate(args, {
    write: console.log,
    writeError: console.error,
    screen: openScreen(Deno.stdout, console.log),
    faults: openScreen(Deno.stderr, console.error),
    board: Deno.stdout.isTerminal() ? openBoard() : undefined,
    // npm starts its scripts in the project's folder, and passes the caller's folder.
    directory: Deno.env.get("INIT_CWD") ?? Deno.cwd(),
  });
}

function openBoard(): Board {
  const update = createLogUpdate(process.stdout);
  return {
    show: (lines) => update(lines.map(visibleLine).join("\n")),
    keep: () => update.done(),
  };
}

if (import.meta.main) {
  Deno.exit(
    await main(Deno.args).catch((error) => {
      printTrace(error);
      return 1;
    }),
  );
}
