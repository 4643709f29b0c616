import { relative } from "node:path";
import { buildConsole } from "../../dev/build/console.ts";
import { REPOSITORY } from "../../dev/repository.ts";
import { Interruption } from "../../dev/terminal/interruption.ts";
import { runCommand } from "../../dev/terminal/run_command.ts";
import { openScreen } from "../../dev/terminal/screen.ts";
import type { ConsoleSettings } from "../../platform/console/settings.ts";
import { writeSite } from "../../platform/console/write_site.ts";
import { readArguments } from "./arguments.ts";
import { serveSources } from "./dev.ts";
import { settingsOf } from "./project.ts";
import { checkProject } from "./reach.ts";
import { serveConsole } from "./serve.ts";

const screen = openScreen(Deno.stdout, console.log);

/** `npm run console`: serves the console until it is interrupted, or builds it as files. */
async function main(): Promise<number> {
  const directory = Deno.env.get("INIT_CWD") ?? Deno.cwd();
  const { act, options } = readArguments(Deno.args, Deno.env.toObject(), directory);
  const settings = await settingsOf(options);
  if (act === "build") {
    await writeSite(await buildConsole(REPOSITORY), settings, options.out);
    showFiles(settings, options.out);
    return 0;
  }
  using interruption = new Interruption(() => screen.text("Stopping."));
  await checkProject(settings);
  if (act === "dev") {
    await serveSources(settings, options.port, interruption.signal);
    return 0;
  }
  await using served = await serveConsole(() => buildConsole(REPOSITORY), settings, options.port);
  screen.row("Console", served.url);
  screen.row("Project", settings.url);
  screen.row("To stop", "Ctrl-C");
  await interruption.happened;
  return 0;
}

function showFiles({ url }: ConsoleSettings, out: string): void {
  screen.row("Files", `${relative(Deno.cwd(), out) || "."}`);
  screen.row("Project", url);
  screen.text(
    "Serve them with the headers of their file _headers: docs/operating/console.md has them for other hosts.",
  );
}

Deno.exit(await runCommand(main));
