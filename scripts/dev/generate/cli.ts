import { createProgram } from "../../ops/pipeline/program.ts";
import { page } from "./markdown.ts";
import type { Product } from "./product.ts";

/**
 * docs/reference/cli.md: the help of `npm run pipeline` and of each of its
 * commands.
 */
export function cliPage(): Product {
  const program = createProgram(() => () => Promise.resolve(), () => {});
  program.configureHelp({ helpWidth: 100 });
  const sections = program.commands.map((command) => {
    command.configureHelp({ helpWidth: 100, showGlobalOptions: false });
    return `## ${command.name()}\n\n${help(command)}`;
  });
  return {
    path: "docs/reference/cli.md",
    text: page(
      "Command line",
      "the commands' own help",
      "`npm run pipeline` works a pipeline from a terminal.",
      help(program),
      ...sections,
    ),
  };
}

/** What `--help` prints, without what depends on this process' environment. */
function help(command: { outputHelp(context?: never): void }): string {
  let text = "";
  (command as unknown as import("commander").Command)
    .configureOutput({
      writeOut: (part) => text += part,
      getOutHelpWidth: () => 100,
      getOutHasColors: () => false,
    })
    .outputHelp();
  return `\`\`\`text\n${text.trim()}\n\`\`\``;
}
