import { createHash } from "node:crypto";
import { basename, resolve } from "node:path";
import { Command, Option } from "commander";
import { refuseOptionsThatNpmKept } from "../../dev/terminal/npm_options.ts";
import { DEFAULT_PORT, readPort } from "./gateway_port.ts";
import { TOKEN_SIGNINGS, type TokenSigningName } from "./token_signing.ts";

export interface StackArguments {
  port: number;
  stateDir: string;
  /** Another project's folder, absolute. */
  project?: string;
  jwt: TokenSigningName;
  /** The parts that do not start. */
  without: "realtime"[];
  remove?: boolean;
}

/** @throws {UsageError} if npm took an option, or the port is none */
export function readArguments(args: string[]): StackArguments {
  refuseOptionsThatNpmKept("npm run stack", ["port"], Deno.env.toObject());
  const options = new Command()
    .name("npm run stack --")
    .description(
      "A local Supabase with this project's migrations and functions.",
    )
    .option(
      "--port <number>",
      "the gateway's port; the database's is the next one; 0 for any free ones",
      readPort,
      DEFAULT_PORT,
    )
    .option(
      "--project <folder>",
      "runs the supabase/ of another folder, such as one that npm run init has added the pipeline to",
    )
    .option("--state-dir <path>", "where data and logs are kept; .stack, or a folder in it for another project")
    .addOption(
      new Option(
        "--jwt <algorithm>",
        "how users' tokens are signed: as in older projects, or as in new ones, which have no legacy keys either",
      ).choices(TOKEN_SIGNINGS).default("hs256"),
    )
    .addOption(
      new Option("--without <parts...>", "parts that do not start, as in a project that has them switched off")
        .choices(["realtime"]).default([]),
    )
    .option("--remove", "remove all that was kept there, and start nothing")
    .parse(args, { from: "user" })
    .opts<Omit<StackArguments, "stateDir"> & { stateDir?: string }>();
  const project = options.project && resolve(Deno.env.get("INIT_CWD") ?? Deno.cwd(), options.project);
  return { ...options, project, stateDir: options.stateDir ?? stateDirOf(project) };
}

/** Each project has its own database. */
function stateDirOf(project: string | undefined): string {
  if (!project) return ".stack";
  const digest = createHash("sha256").update(project).digest("hex").slice(0, 8);
  return `.stack/projects/${basename(project)}-${digest}`;
}
