import { readFileSync } from "node:fs";
import { join } from "node:path";

/** `npm run generate` writes the help of every command there. */
const PAGE = "docs/reference/cli.md";

/** Whether the caller asks how the command is used. */
export function asksForHelp(args) {
  const options = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  return options.includes("--help") || options.includes("-h") || args[0] === "help";
}

/**
 * The help of a command for a clone without packages, which the command itself needs.
 * @param root of the repository
 * @param command a name that npm knows, with the command's own words, such as `pipeline upload`
 */
export function helpWithoutPackages(root, command) {
  const blocks = readFileSync(join(root, PAGE), "utf8").split("```text\n").slice(1)
    .map((block) => block.slice(0, block.indexOf("```")));
  for (let words = command; words.length > 0; words = words.slice(0, -1)) {
    const found = blocks.find((block) => begins(block, words));
    if (found) return found.trimEnd();
  }
  return undefined;
}

/** `Usage: npm run pipeline -- upload [options]`, of the words pipeline and upload. */
function begins(block, [name, ...words]) {
  const usage = block.split("\n")[0];
  const starts = [`Usage: npm run ${name} --`, `Usage: npm ${name} --`]
    .map((start) => [start].concat(words).join(" "));
  return starts.some((start) => usage === start || usage.startsWith(`${start} [`) || usage.startsWith(`${start} <`));
}
