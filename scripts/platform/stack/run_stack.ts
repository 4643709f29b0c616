import pc from "picocolors";
import type { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import type { Interruption } from "../../dev/terminal/interruption.ts";
import type { StackArguments } from "./arguments.ts";
import { describeAccount, makeLocalOperator } from "./local_operator.ts";
import { startProviders } from "./providers.ts";
import { announceStack, factsOf } from "./running_stack.ts";
import { type Stack, startStack } from "./stack.ts";
import type { TokenSigningName } from "./token_signing.ts";
import { print } from "../../dev/terminal/print.ts";
import { visible, visibleLine } from "../../dev/terminal/visible.ts";

/** Runs the stack and the providers' simulators until it is interrupted or Postgres ends by itself. */
export async function runStack(
  { port, stateDir, project, jwt, without }: StackArguments,
  interruption: Interruption,
): Promise<void> {
  const failure = Promise.withResolvers<ErrorWithRemedy>();
  const begun = performance.now();
  const providers = await startProviders(Deno.env.toObject());
  let stack: Stack | undefined;
  let note: AsyncDisposable | undefined;
  try {
    stack = await startStack({
      stateDir,
      projectDir: project,
      servesAsDeclared: project !== undefined,
      port,
      jwt,
      realtime: !without.includes("realtime"),
      // Next to the gateway's, as on Supabase.
      databasePort: port === 0 ? 0 : port + 1,
      functionEnv: providers.functionEnv,
      onProgress: (step) => {
        const seconds = ((performance.now() - begun) / 1000).toFixed(1);
        console.log(`${pc.dim(`${seconds.padStart(6)} s`)}  ${visible(step)}`);
      },
      onFailure: failure.resolve,
      signal: interruption.signal,
    });
    // Another project's users are its own.
    const operator = project === undefined ? describeAccount(await makeLocalOperator(stack)) : undefined;
    note = await announceStack(factsOf(stack, "npm run stack", providers.functionEnv));
    show(stack, operator, providers.description, stateDir, jwt);
    const failed = await Promise.race([
      interruption.happened.then(() => undefined),
      failure.promise,
    ]);
    if (failed) throw failed;
  } finally {
    await note?.[Symbol.asyncDispose]();
    await stack?.stop();
    await providers.stop();
    if (stack) console.log("Stopped. Nothing is left running.");
  }
}

function show(
  stack: Stack,
  operator: string | undefined,
  providers: string[],
  stateDir: string,
  jwt: TokenSigningName,
): void {
  const rows: [string, string][] = [
    ["Console", `${stack.url}/`],
    ...operator ? [["Console's operator", operator]] satisfies [string, string][] : [],
    ["Supabase URL", stack.url],
    ["API", `${stack.url}/functions/v1/api`],
    ["Publishable key", stack.publishableKey],
    ["Secret key", stack.secretKey],
    ...jwt === "hs256"
      ? [
        ["anon key (legacy)", stack.anonKey],
        ["service_role key (legacy)", stack.serviceRoleKey],
      ] satisfies [string, string][]
      : [],
    ["Database", stack.databaseUrl],
    ["Logs", `${stateDir}/*.log`],
  ];
  console.log();
  for (const [name, value] of rows) {
    console.log(`${pc.bold(name.padEnd(26))} ${visibleLine(value)}`);
  }
  console.log();
  for (const line of providers) print(line);
  console.log(
    `\nThe keys are the same on every machine and protect nothing. ${pc.bold("Ctrl-C stops everything.")}`,
  );
}
