import { Command, Option } from "commander";
import { Interruption } from "../../dev/terminal/interruption.ts";
import { REPOSITORY } from "../../dev/repository.ts";
import { takeScreenshots } from "./take.ts";

interface Options {
  out: string;
  format: "webp" | "png";
}

/** `npm run screenshots`: pictures of the console's screens, for README and docs. */
const program = new Command("npm run screenshots --")
  .description("Starts a stack, fills it, and takes pictures of the console's screens: light, dark and narrow.")
  .argument("[screens...]", "only these")
  // The reference shows this, not where the repository lies on a machine.
  .addOption(new Option("--out <folder>", "where to").default(`${REPOSITORY}/docs/images`, "docs/images"))
  .option("--format <format>", "webp or png", "webp")
  .parse(Deno.args, { from: "user" });
using interruption = new Interruption(() => console.log("Stopping."));
const { out, format } = program.opts<Options>();
await takeScreenshots({ screens: program.args, out, format, signal: interruption.signal, onProgress: console.log });
