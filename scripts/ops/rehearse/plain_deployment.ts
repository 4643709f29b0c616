import { cp } from "node:fs/promises";
import { resolve } from "node:path";
import postgres from "postgres";
import { buildFunctions } from "../../dev/build/build_functions.ts";
import type { Report } from "../deploy/progress.ts";
import { HOST_ENDING } from "../../platform/simulators/management_api/server.ts";
import type { RehearsalPlatform } from "./platform.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { REPOSITORY } from "../../dev/repository.ts";

/** The section of docs/deploying/first-deployment.md that is executed here, verbatim. */
const SECTION = "With Supabase's commands";
/** The files of a clone that Supabase's commands use. */
const CLONED = ["supabase", "package.json", "package-lock.json"];
/** Commands that need a network or a browser, which a substitute replaces. */
const DONE_BEFORE = /^(git clone|cd|npm ci|npx supabase login)\b/;

/**
 * A clone after `npm ci`: the committed files, the packages, and the built functions, without environments, secrets, or
 * a link to a project.
 */
export async function cloneInto(folder: string, source: string): Promise<void> {
  for (const name of CLONED) {
    await cp(`${source}/${name}`, `${folder}/${name}`, {
      recursive: true,
      filter: (path) =>
        !/\/supabase\/(\.temp|environments\.toml|functions\/\.env)$/
          .test(path),
    });
  }
  await Deno.symlink(
    resolve(source, "node_modules"),
    `${folder}/node_modules`,
  );
  await buildFunctions(folder);
}

/** The documented commands by language, in order. */
export async function plainLines(
  language: "sh" | "sql",
): Promise<string[]> {
  const text = await Deno.readTextFile(
    `${REPOSITORY}/docs/deploying/first-deployment.md`,
  );
  const section = text.split(/^## /m)
    .find((part) => part.startsWith(`${SECTION}\n`));
  const blocks = section?.matchAll(
    new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"),
  );
  return [...blocks ?? []].flatMap(([, block]) => block.trim().split("\n"))
    .filter((line) => line.trim() !== "" && !DONE_BEFORE.test(line));
}

/**
 * Deploys with the documented Supabase commands alone, in a shell with no other values of this project than those that
 * the documentation requires.
 * @param folder a clone from {@link cloneInto}
 * @throws {ErrorWithRemedy} at the first failing line
 */
export async function deployPlainly(
  platform: RehearsalPlatform,
  folder: string,
  report: Report,
): Promise<void> {
  for (const line of await plainLines("sh")) {
    report(`  $ ${line}`);
    await type(line, folder, platform);
    if (/supabase link\b/.test(line)) await namePooler(folder);
  }
  const sql = postgres(platform.stack.databaseUrl, { max: 1, onnotice() {} });
  try {
    for (const statement of await plainLines("sql")) {
      report(`  > ${statement}`);
      await sql.unsafe(filled(statement, platform));
    }
  } finally {
    await sql.end();
  }
}

/**
 * The CLI accepts only poolers under Supabase's host names at the usual port. On this machine no server has such a
 * name, and the CLI then uses the URL from the API.
 */
async function namePooler(folder: string): Promise<void> {
  const path = `${folder}/supabase/.temp/pooler-url`;
  const url = (await Deno.readTextFile(path)).trim();
  await Deno.writeTextFile(
    path,
    `${url.replace("@", `@pooler.${HOST_ENDING}:5432,`)}?sslmode=disable`,
  );
}

/** Runs one line in a shell whose questions are answered with yes. */
export async function type(
  line: string,
  folder: string,
  platform: RehearsalPlatform,
): Promise<string> {
  const child = new Deno.Command("bash", {
    args: ["-euo", "pipefail", "-c", line],
    cwd: folder,
    clearEnv: true,
    env: variables(platform),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const answer = child.stdin.getWriter();
  // A command without questions ends before it has read the answer.
  await answer.write(new TextEncoder().encode("y\n")).catch(() => {});
  await answer.close().catch(() => {});
  const { success, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  const printed = `${text.decode(stdout)}\n${text.decode(stderr)}`.trim();
  if (success) return printed;
  throw new ErrorWithRemedy(
    `${line} failed: ${printed}`,
    "The line must succeed unchanged, in a clone, after npm ci.",
  );
}

/** The operator's environment, and how the CLI finds the Supabase on this machine. */
function variables({ cli, environment, secrets }: RehearsalPlatform) {
  return {
    PATH: Deno.env.get("PATH")!,
    HOME: cli.home!,
    DO_NOT_TRACK: "1",
    npm_config_update_notifier: "false",
    SUPABASE_PROFILE: cli.profile!,
    SUPABASE_ACCESS_TOKEN: cli.accessToken!,
    SUPABASE_DB_PASSWORD: cli.databasePassword!,
    PROJECT_REF: environment.projectRef,
    ...secrets.functions,
  };
}

/** A statement with values for its `<names>`. */
function filled(
  statement: string,
  { environment, secrets }: RehearsalPlatform,
): string {
  return statement
    .replaceAll("https://<project_ref>.supabase.co", environment.url)
    .replaceAll(
      /<([A-Z_]+)>/g,
      (name, setting) => secrets.functions[setting] ?? name,
    );
}
