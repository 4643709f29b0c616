import { SUPABASE_PROGRAM, SUPABASE_PROGRAM_ENVIRONMENT } from "./supabase_program.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

/**
 * The CLI ended with a status other than 0; `output` is all that it printed.
 */
export class CliError extends ErrorWithRemedy {
  override name = "CliError";

  constructor(command: string, readonly output: string) {
    super(
      `supabase ${command} failed: ${lastWords(output)}`,
      "Earlier steps are done. Correct the cause and run the same command again.",
    );
  }
}

export interface CliOptions {
  /** Holds `supabase/`. */
  directory: string;
  /** A profile file that points the CLI at another API than Supabase's. */
  profile?: string;
  accessToken?: string;
  databasePassword?: string;
  /** What `env(…)` in config.toml stands for. */
  oauth?: Record<string, string>;
  /**
   * Replaces the user's home, where the CLI keeps its login and leaves files.
   */
  home?: string;
}

/** The Supabase CLI of this repository, on one folder. It answers every question with yes. */
export class SupabaseCli {
  constructor(private readonly options: CliOptions) {}

  /** @throws {CliError} */
  async run(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.#spawn(args);
    if (code === 0) return stdout;
    throw new CliError(commandOf(args), `${stdout}\n${stderr}`);
  }

  /** Runs a command that answers JSON. @throws {CliError} */
  async json(...args: string[]): Promise<unknown> {
    const printed = await this.run(...args, "--output", "json");
    try {
      return JSON.parse(printed);
    } catch {
      throw new CliError(commandOf(args), `it answered no JSON: ${printed}`);
    }
  }

  /** What a command printed on standard output and standard error, whether it succeeded or not. */
  async attempt(...args: string[]): Promise<{ ok: boolean; output: string }> {
    const { code, stdout, stderr } = await this.#spawn(args);
    return { ok: code === 0, output: `${stdout}\n${stderr}`.trim() };
  }

  /**
   * Calls the Management API, at the address of the CLI's profile, where no command of the CLI does the same.
   * @returns undefined without an access token: the CLI does not share its login
   * @throws {CliError}
   */
  async callApi(
    method: "GET" | "PATCH",
    path: string,
    body?: unknown,
  ): Promise<unknown> {
    const token = this.options.accessToken ??
      Deno.env.get("SUPABASE_ACCESS_TOKEN");
    if (!token) return undefined;
    const response = await fetch(`${await this.#apiUrl()}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(API_TIMEOUT_MS),
    });
    const text = await response.text();
    if (response.ok) return JSON.parse(text);
    throw new CliError(
      `${method} ${path}`,
      `it answered ${response.status}: ${text}`,
    );
  }

  /**
   * The address of Supabase's API, or of the API that the profile file names.
   */
  async #apiUrl(): Promise<string> {
    const profile = this.options.profile ?? Deno.env.get("SUPABASE_PROFILE");
    if (!profile?.includes("/")) return "https://api.supabase.com";
    const file = await Deno.readTextFile(profile);
    const url = /^api_url: *"?([^"\s]+)/m.exec(file)?.[1];
    if (!url) throw new CliError("profile", `${profile} names no api_url`);
    return url;
  }

  async #spawn(args: string[]) {
    const { directory, profile, accessToken, databasePassword, oauth, home } = this.options;
    const { code, stdout, stderr } = await new Deno.Command(SUPABASE_PROGRAM, {
      args: [
        ...args,
        ...["--workdir", directory, "--yes"],
        ...(profile ? ["--profile", profile] : []),
      ],
      cwd: directory,
      env: {
        ...SUPABASE_PROGRAM_ENVIRONMENT,
        ...oauth,
        ...(home && { HOME: home }),
        ...(accessToken && { SUPABASE_ACCESS_TOKEN: accessToken }),
        // Every user of the machine can read the arguments.
        ...(databasePassword && {
          PGPASSWORD: databasePassword,
          SUPABASE_DB_PASSWORD: databasePassword,
        }),
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    const text = new TextDecoder();
    return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
  }
}

const API_TIMEOUT_MS = 30_000;

function commandOf(args: string[]): string {
  return args.filter((arg) => /^[a-z-]+$/.test(arg)).slice(0, 2).join(" ");
}

/** The last lines of the output, where the CLI names the error, without its advice to debug. */
function lastWords(output: string): string {
  const lines = output.replace(/^Try rerunning.*$/gm, "").split("\n")
    .map((line) => line.trimEnd()).filter(Boolean);
  const error = lines.findIndex((line) => /^(ERROR|unexpected|failed)/i.test(line));
  return (error >= 0 ? lines.slice(error, error + 8) : lines.slice(-8))
    .join("\n");
}
