import { LOCAL_OPERATOR } from "../stack/keys.ts";
import { describeAccount } from "../stack/local_operator.ts";
import type { LocalStack } from "../stack/running_stack.ts";
import type { Stack } from "../stack/stack.ts";
import { type StartOptions } from "./arguments.ts";
import type { DemoResult } from "../../dev/demo/demo.ts";
import { DemoError, factsOf } from "../../dev/demo/failure.ts";
import type { Screen } from "../../dev/terminal/screen.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { printTrace } from "../../dev/terminal/print.ts";

export interface DemonstrationOptions extends Pick<StartOptions, "question" | "questionIsGuess" | "once"> {
  /** Whether the command, and its stack, run until they are interrupted. */
  staysUp: boolean;
  /** The address of the console, if the stack serves it. */
  opens?: string;
}

/** Shows the addresses and keys of the stack. */
export function showStack(
  stack: Stack,
  providers: string[],
  screen: Screen,
): void {
  screen.heading("The stack is up");
  screen.row("Console", `${stack.url}/`);
  screen.row("API", `${stack.url}/functions/v1/api`);
  screen.row("Supabase URL", stack.url);
  screen.row("Publishable key", stack.publishableKey);
  screen.row("Secret key", stack.secretKey);
  screen.row("Database", stack.databaseUrl);
  screen.row("To stop", "Ctrl-C");
  screen.blank();
  for (const line of providers) screen.text(line);
}

/** Shows the next steps, as lines that can be pasted: each works in another terminal, in this folder. */
export function showNextSteps(
  stack: Pick<LocalStack, "url">,
  { email, password, documentId }: DemoResult,
  options: DemonstrationOptions,
  screen: Screen,
): void {
  const api = `${stack.url}/functions/v1/api`;
  const json = "-H 'content-type: application/json'";
  screen.heading("What next");
  if (options.opens) {
    screen.row("To open", options.opens);
    screen.row("As the user", describeAccount({ email, password }));
    screen.row("As operator", describeAccount(LOCAL_OPERATOR));
    screen.row("About the stack", new URL("/_stack/", options.opens).href);
    screen.blank();
  }
  screen.text(
    options.staysUp
      ? "The stack stays up. In another terminal, in this folder:"
      : "In this folder, while the stack runs:",
  );
  screen.blank();
  screen.verbatim("npm run pipeline -- upload your.pdf --watch");
  screen.verbatim('npm run pipeline -- search "your question"');
  screen.verbatim(`npm run pipeline -- history ${documentId}`);
  screen.verbatim("npm run pipeline -- why");
  screen.verbatim('npm start -- your.pdf --ask "your question"');
  screen.blank();
  screen.text("Or over HTTP, as the demo's user:");
  screen.blank();
  screen.verbatim(`API=${api}`);
  screen.verbatim(`TOKEN=$(curl -s $API/auth/login ${json} \\`);
  screen.verbatim(`  -d '${JSON.stringify({ email, password })}' \\`);
  screen.verbatim(`  | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`);
  screen.verbatim(`curl -s $API/documents/${documentId}/status \\`);
  screen.verbatim(`  -H "authorization: Bearer $TOKEN"`);
  screen.verbatim(
    `curl -s $API/search -H "authorization: Bearer $TOKEN" ${json} \\`,
  );
  screen.verbatim(`  -d '{"query":"your question","k":3}'`);
  screen.blank();
  if (options.questionIsGuess) screen.text("The question was chosen for you: --ask asks your own.");
  if (options.staysUp) screen.text("Ctrl-C stops everything.");
}

/** Shows what failed and the remedy; an unexpected error with its trace. */
export function reportFailure(error: unknown, screen: Screen): void {
  if (error instanceof ErrorWithRemedy) {
    screen.failure(error.message);
    screen.text(error.remedy);
  } else if (error instanceof DemoError) {
    screen.failure(`The demo failed. ${error.message}`, factsOf(error));
  } else {
    screen.failure("An unexpected error; please report it with this trace:");
    printTrace(error);
  }
}
