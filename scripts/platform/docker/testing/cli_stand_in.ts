import { parseEnv } from "node:util";
import { makeReachableTempDir } from "../../stack/postgres/account.ts";
import { type Stack, startStack } from "../../stack/stack.ts";

/**
 * Stands in for the Supabase CLI of `supabase start`: its "containers" are the embedded stack, whose functions get the
 * settings file and nothing else of ours. It is as strict as the CLI: no command works in another state than its own.
 */
export class CliStandIn implements AsyncDisposable {
  readonly calls: string[] = [];
  #isUp = false;
  #stateDir: string | undefined;
  #stack: Stack | undefined;

  constructor(private readonly settingsPath: string) {}

  async attempt(...args: string[]): Promise<{ ok: boolean; output: string }> {
    return await this.run(...args).then((output) => ({ ok: true, output }), ({ message }) => ({
      ok: false,
      output: message,
    }));
  }

  async json(...args: string[]): Promise<unknown> {
    return JSON.parse(await this.run(...args, "--output", "json"));
  }

  async run(...args: string[]): Promise<string> {
    const command = args.join(" ");
    this.calls.push(command);
    if (command === "start") {
      if (this.#isUp) throw new Error("supabase start is already running.");
      await this.#start();
      return "Started supabase local development setup.";
    }
    if (!this.#isUp) throw new Error(`${command}: supabase is not running.`);
    const stack = this.#stack!;
    if (command === "stop") {
      await stack.stop();
      this.#isUp = false;
      return "Stopped supabase local development setup.";
    }
    if (command === "migration up --local") return "Local database is up to date.";
    if (command === "status") return "supabase local development setup is running.";
    if (command !== "status --output json") throw new Error(`unknown command "${command}"`);
    return JSON.stringify({
      API_URL: stack.url,
      DB_URL: stack.databaseUrl,
      PUBLISHABLE_KEY: stack.publishableKey,
      SECRET_KEY: stack.secretKey,
      ANON_KEY: stack.anonKey,
      SERVICE_ROLE_KEY: stack.serviceRoleKey,
    });
  }

  async #start(): Promise<void> {
    const { mode } = await Deno.stat(this.settingsPath);
    if (((mode ?? 0) & 0o777) !== 0o600) throw new Error("others may read the secrets of the functions");
    this.#stateDir ??= await makeReachableTempDir("docker-stand-in-");
    this.#stack = await startStack({
      stateDir: this.#stateDir,
      port: 0,
      databasePort: 0,
      durable: false,
      functionEnv: parseEnv(await Deno.readTextFile(this.settingsPath)) as Record<string, string>,
    });
    this.#isUp = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack?.stop();
    if (this.#stateDir) await Deno.remove(this.#stateDir, { recursive: true });
  }
}
