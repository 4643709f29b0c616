import { z } from "zod";
import type { Environment } from "./environments.ts";
import type { SecretDigests } from "./secrets.ts";
import type { SupabaseCli } from "../../platform/cli/supabase_cli.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

const projects = z.array(
  z.object({ ref: z.string(), name: z.string(), status: z.string() }),
);
const apiKeys = z.array(
  z.object({
    name: z.string(),
    type: z.string().nullish(),
    api_key: z.string(),
  }),
);
const digests = z.array(z.object({ name: z.string(), value: z.string() }));

/** The API keys of a project. */
export interface ProjectKeys {
  publishable: string;
  secret: string;
  /** `opaque` keys are the newer kind; `jwt` keys will be withdrawn. */
  kind: "opaque" | "jwt";
}

/**
 * Finds the project among those that the CLI's login may see.
 * @throws {ErrorWithRemedy} without a login, or if the project is missing or not running
 */
export async function findProject(
  cli: SupabaseCli,
  { projectRef }: Environment,
): Promise<string> {
  const list = await cli.json("projects", "list").catch((error) => {
    throw new ErrorWithRemedy(
      `The Supabase CLI cannot list your projects: ${error.message}`,
      "Log in (npx supabase login), or set SUPABASE_ACCESS_TOKEN to a token from https://supabase.com/dashboard/account/tokens.",
      { cause: error },
    );
  });
  const found = projects.parse(list)
    .find(({ ref }) => ref === projectRef);
  if (!found) {
    throw new ErrorWithRemedy(
      `Unknown project for this login: ${projectRef}.`,
      "Check project_ref in supabase/environments.toml, or log in with the account that owns it.",
    );
  }
  if (found.status !== "ACTIVE_HEALTHY") {
    throw new ErrorWithRemedy(
      `The project ${found.name} is ${found.status}.`,
      "Restore it in the dashboard or wait for it, then run the command again.",
    );
  }
  return found.name;
}

/**
 * Links the release's folder to the project. So the CLI determines the database's URL for networks without IPv6: the
 * pooler in session mode.
 * @returns the database URL as role postgres
 */
export async function linkProject(
  cli: SupabaseCli,
  { projectRef }: Environment,
  directory: string,
  password: string,
): Promise<string> {
  await cli.run("link", "--project-ref", projectRef);
  const address = await Deno.readTextFile(
    `${directory}/supabase/.temp/pooler-url`,
  )
    .catch(() => {
      throw new ErrorWithRemedy(
        "supabase link returned no database URL.",
        "Run npx supabase link --debug to see why; the project may still be starting.",
      );
    });
  const url = new URL(address.trim());
  url.password = encodeURIComponent(password);
  return url.href;
}

/** @throws {ErrorWithRemedy} if the project lacks a required key */
export async function readKeys(
  cli: SupabaseCli,
  { projectRef }: Environment,
): Promise<ProjectKeys> {
  const keys = apiKeys.parse(
    await cli.json(
      "projects",
      "api-keys",
      "--reveal",
      "--project-ref",
      projectRef,
    ),
  );
  const opaque = (type: string) => keys.find((key) => key.type === type)?.api_key;
  const legacy = (name: string) => keys.find((key) => key.name === name)?.api_key;
  const publishable = opaque("publishable") ?? legacy("anon");
  const secret = opaque("secret") ?? legacy("service_role");
  if (!publishable || !secret) {
    throw new ErrorWithRemedy(
      `The project has no ${publishable ? "secret" : "publishable"} key.`,
      "Create one: Project Settings > API Keys.",
    );
  }
  return {
    publishable,
    secret,
    kind: publishable.startsWith("sb_") ? "opaque" : "jwt",
  };
}

/** The hash of each of the project's secrets. */
export async function readDigests(
  cli: SupabaseCli,
  projectRef: string,
): Promise<SecretDigests> {
  const list = digests.parse(
    await cli.json("secrets", "list", "--project-ref", projectRef),
  );
  return Object.fromEntries(list.map(({ name, value }) => [name, value]));
}

const configDiff = z.object({
  changes: z.array(z.object({
    path: z.array(z.string()),
    class: z.string(),
    declared: z.boolean(),
    local: z.unknown(),
  })),
});

/** The changes of `config push`: settings that config.toml declares and that differ on the project. */
export async function readConfigChanges(
  cli: SupabaseCli,
  projectRef: string,
): Promise<string[]> {
  const printed = await cli.run(
    ...["config", "diff", "--project-ref", projectRef],
    ...["--output-format", "json"],
  );
  return configDiff.parse(JSON.parse(printed)).changes
    .filter((change) => change.declared && change.class !== "remote_only")
    .map(({ path, local }) => `${path.join(".")} to ${JSON.stringify(local)}`);
}
