import type { Command } from "commander";
import { DELEGATED } from "../../ops/pipeline/delegation.ts";
import { createProgram } from "../../ops/pipeline/program.ts";
import { REPOSITORY } from "../repository.ts";
import { page } from "./markdown.ts";
import type { Product } from "./product.ts";

const WIDTH = 100;

/** docs/reference/cli.md: the help of `npm run pipeline`, of each of its commands, and of npm's other scripts. */
export async function cliPage(): Promise<Product> {
  const program = createProgram(() => () => Promise.resolve(), () => {});
  const sections = await Promise.all(
    program.commands.map(async (command) => {
      const name = command.name();
      command.configureHelp({ showGlobalOptions: false });
      const text = name in DELEGATED ? await helpOfProcess(name) : help(command);
      return `## ${name}\n\n${text}`;
    }),
  );
  return {
    path: "docs/reference/cli.md",
    text: page(
      "Command line",
      "the commands' own help",
      "`npm run pipeline` works a pipeline from a terminal; npm's other scripts follow it.",
      help(program),
      ...sections,
      ...await Promise.all(
        (await otherScripts()).map(async (name) => `## ${npmName(name)}\n\n${await helpOfScript(name)}`),
      ),
    ),
  };
}

/** What `--help` prints on a terminal of a fixed width. */
function help(command: Command): string {
  let text = "";
  command.configureOutput({
    writeOut: (part) => text += part,
    getOutHelpWidth: () => WIDTH,
    getOutHasColors: () => false,
  }).outputHelp();
  return block(text);
}

/** The same of a command that is a program of its own. */
async function helpOfProcess(name: string): Promise<string> {
  return await helpOf(name, Deno.execPath(), ["run", "-A", `${REPOSITORY}/scripts/ops/${name}/main.ts`, "--help"]);
}

async function helpOf(name: string, program: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  if (!success) {
    throw new Error(`${name} --help failed: ${decoder.decode(stderr)}`);
  }
  return block(decoder.decode(stdout));
}

/** npm's scripts apart from `pipeline` and those that it runs too, and from what npm runs by itself. */
async function otherScripts(): Promise<string[]> {
  const { scripts } = JSON.parse(await Deno.readTextFile(`${REPOSITORY}/package.json`));
  return Object.keys(scripts)
    .filter((name) => !["pipeline", "prepare", "rotate-secret"].includes(name) && !(name in DELEGATED));
}

const npmName = (script: string) => ["start", "test"].includes(script) ? `npm ${script}` : `npm run ${script}`;

async function helpOfScript(name: string): Promise<string> {
  return await helpOf(name, "node", [`${REPOSITORY}/scripts/dev/run.mjs`, name, "--help"]);
}

function block(text: string): string {
  return `\`\`\`text\n${text.trim()}\n\`\`\``;
}
