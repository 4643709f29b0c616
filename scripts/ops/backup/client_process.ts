import { networkEnvironment } from "../../dev/network_environment.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

/**
 * The database's address without its password, which every user of the machine could read in a program's arguments; the
 * environment is its owner's.
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

/** One of Postgres' client programs at work, as `pg_dump`'s output or `psql`'s input. */
export interface ClientProcess {
  input: WritableStream<Uint8Array>;
  output: ReadableStream<Uint8Array>;
  /** @throws {ErrorWithRemedy} `postgres_client_failed`, with what it said */
  ended(): Promise<void>;
  /** Ends it where it is: what it has not committed is undone. */
  kill(): void;
}

/** The address of the database and its password say all, and the shell's `PG…` variables nothing. */
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
  // Read at once, so that it never waits for somebody to listen.
  const complaints = new Response(child.stderr).text();
  return {
    input: child.stdin,
    output: child.stdout,
    async ended() {
      const { success } = await child.status;
      if (success) return;
      throw new ErrorWithRemedy(
        (await complaints).trim() || `${program} failed`,
        "Nothing was changed. See to what it says, and run the same command again.",
        { code: "postgres_client_failed" },
      );
    },
    kill: () => endProcess(child),
  };
}

/** Also where it has ended by itself; what it complained of is told by `ended`. */
function endProcess(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}
