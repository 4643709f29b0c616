import { networkEnvironment } from "../../../dev/network_environment.ts";
import { CommandError } from "../../../dev/command.ts";

interface ProgramOptions {
  cwd?: string;
  env?: Record<string, string>;
  signal: AbortSignal;
}

/**
 * Runs a program to its end, apart from this machine's other settings.
 * @returns its standard output
 * @throws {CommandError} with all its output, if its status is not 0
 */
export async function runToEnd(
  program: string,
  args: string[],
  { cwd, env, signal }: ProgramOptions,
): Promise<string> {
  signal.throwIfAborted();
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd,
    clearEnv: true,
    env: { ...environment(), ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal,
  }).output();
  signal.throwIfAborted();
  const text = new TextDecoder();
  const printed = text.decode(stdout);
  if (success) return printed;
  throw new CommandError([program, ...args].join(" "), `${printed}\n${text.decode(stderr)}`.trim());
}

/** A server that runs until it is disposed of, or until this process has ended. */
export interface Server extends AsyncDisposable {
  /** What it has printed so far. */
  output(): string;
  /** Settles when it ends by itself. */
  ended: Promise<void>;
}

export function startServer(program: string, args: string[], { cwd, env }: Omit<ProgramOptions, "signal">): Server {
  // In a session of its own, so that a signal reaches the processes that it starts, and no Ctrl-C reaches it before.
  const child = new Deno.Command("setsid", {
    args: ["setpriv", "--pdeathsig", "KILL", "--", program, ...args],
    cwd,
    clearEnv: true,
    env: { ...environment(), ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let output = "";
  const read = async (stream: ReadableStream<Uint8Array>) => {
    for await (const part of stream.pipeThrough(new TextDecoderStream() as never)) output += part;
  };
  const ended = Promise.all([child.status, read(child.stdout), read(child.stderr)]).then(() => {});
  return {
    output: () => output,
    ended,
    async [Symbol.asyncDispose]() {
      try {
        Deno.kill(-child.pid, "SIGKILL");
      } catch (error) {
        // All of them have ended by themselves.
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
      await ended;
    },
  };
}

/** npm's and the network's settings, and where programs and temporary files are. */
function environment(): Record<string, string> {
  const npm = Object.keys(Deno.env.toObject()).filter((name) => /^npm_config_/i.test(name));
  return networkEnvironment(["PATH", "HOME", "TMPDIR", "LC_ALL", "CI", ...npm]);
}
