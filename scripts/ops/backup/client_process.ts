import { networkEnvironment } from "../../dev/network_environment.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

/**
 * The database's URL without its password: every user of the machine can read a program's arguments, but not another
 * user's environment.
 */
export function withoutPassword(
  databaseUrl: string,
): { address: string; password: string } {
  const url = new URL(databaseUrl);
  const password = url.searchParams.get("password") ??
    decodeURIComponent(url.password);
  url.password = "";
  url.searchParams.delete("password");
  return { address: url.href, password };
}

/** A running Postgres client program: `pg_dump` with its output, or `psql` with its input. */
export interface ClientProcess {
  input: WritableStream<Uint8Array>;
  output: ReadableStream<Uint8Array>;
  /** @throws {ErrorWithRemedy} `postgres_client_failed`, with the program's message */
  ended(): Promise<void>;
  /** Kills the program; its uncommitted changes are rolled back. */
  kill(): void;
}

/** Only the URL and the password configure the connection; the shell's `PG…` variables do not. */
export function startClient(
  [program, ...args]: string[],
  password: string,
): ClientProcess {
  const child = new Deno.Command(program, {
    args,
    clearEnv: true,
    env: {
      ...networkEnvironment(["HOME"]),
      PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
      LC_ALL: "C",
      PGPASSWORD: password,
    },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // Read at once, so that the program never blocks on its output.
  const complaints = new Response(child.stderr).text();
  return {
    input: child.stdin,
    output: child.stdout,
    async ended() {
      const { success } = await child.status;
      if (success) return;
      throw new ErrorWithRemedy(
        (await complaints).trim() || `${program} failed`,
        "Nothing was changed. Fix the reported error, and run the command again.",
        { code: "postgres_client_failed" },
      );
    },
    kill: () => endProcess(child),
  };
}

/** Also when the program has ended; `ended` reports its errors. */
function endProcess(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}
