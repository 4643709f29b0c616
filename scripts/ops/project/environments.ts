import { parse } from "smol-toml";
import { z } from "zod";
import { type SettingName, SETTINGS } from "../../../supabase/functions/_shared/config.ts";
import { type Plan, PLANS } from "./auth_settings.ts";
import { readSignIn, type SignIn, signInLines } from "./sign_in.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

/** Secret settings, which a committed file must not have. */
export const SECRET_NAMES = [
  "LLAMAPARSE_API_KEY",
  "OPENAI_API_KEY",
  "WEBHOOK_SIGNING_SECRET",
  "WORKER_SECRET",
  "METRICS_SECRET",
  "JWT_SECRET",
] as const satisfies SettingName[];

/** Set by the platform, or derived from the environment's name. */
const NOT_TO_BE_CHOSEN: string[] = [
  "SUPABASE_URL",
  "SUPABASE_SERVICE_ROLE_KEY",
  "SUPABASE_ANON_KEY",
  "SUPABASE_SECRET_KEYS",
  "SUPABASE_DB_URL",
  "UPLOAD_PIPELINE_ENVIRONMENT",
  "UPLOAD_PIPELINE_STORAGE_ENVIRONMENT",
];

const environmentFile = z.record(
  z.string().regex(/^[a-z][a-z0-9-]*$/, "must have lower-case letters"),
  z.strictObject({
    project_ref: z.string().regex(
      /^[a-z]{20}$/,
      "must be the project's twenty lower-case letters",
    ),
    environment: z.enum(["development", "staging", "production"]).optional(),
    url: z.url({ protocol: /^https?$/ }).optional(),
    site_url: z.url({ protocol: /^https?$/ }),
    confirm_emails: z.boolean().default(true),
    plan: z.enum(PLANS).default("free"),
    data_api: z.boolean().default(true),
    enforce_ssl: z.boolean().default(true),
    push_settings: z.boolean().optional(),
    ...signInLines,
    operator_mfa: z.boolean().default(false),
    database_networks: z.array(z.union([z.cidrv4(), z.cidrv6()])).optional(),
    settings: z.record(z.string(), z.string()).default({}),
  }),
);

/** A Supabase project that the pipeline is deployed to, with its properties. */
export interface Environment extends SignIn {
  name: string;
  projectRef: string;
  environment: "development" | "staging" | "production";
  /** The project's URL, without a trailing slash. */
  url: string;
  /** The URL of the application that users sign in to. */
  siteUrl: string;
  /** Whether a new user must confirm the e-mail address before signing in. */
  confirmEmails: boolean;
  /** The organisation's plan, which determines the available Auth settings. */
  plan: Plan;
  /** Whether users also reach their rows through the Data API, or through the API only. */
  dataApi: boolean;
  /** Whether each member of the project's organisation must have a second factor. */
  operatorMfa: boolean;
  /** Whether Postgres and its pooler refuse connections without TLS. */
  enforceSsl: boolean;
  /** Whether deployments set Auth, the Data API, Storage and database access; undefined: not where a project has more. */
  pushSettings?: boolean;
  /** The ranges of addresses that may connect to them; undefined keeps the project's, which at first allow all. */
  databaseNetworks?: string[];
  /** The functions' settings; none of them is secret. */
  settings: Record<string, string>;
}

/**
 * Reads the environments, and checks that they share nothing through which one could reach another.
 * @throws {ErrorWithRemedy} if the file is missing or invalid, or if environments share a resource
 */
export async function readEnvironments(path: string): Promise<Environment[]> {
  const environments = Object.entries(await readFile(path)).map((
    [name, entry],
  ) => ({
    name,
    projectRef: entry.project_ref,
    environment: entry.environment ?? kindOf(name, path),
    url: (entry.url ?? `https://${entry.project_ref}.supabase.co`)
      .replace(/\/+$/, ""),
    siteUrl: entry.site_url,
    confirmEmails: entry.confirm_emails,
    plan: entry.plan,
    dataApi: entry.data_api,
    ...readSignIn(entry),
    operatorMfa: entry.operator_mfa,
    enforceSsl: entry.enforce_ssl,
    pushSettings: entry.push_settings,
    databaseNetworks: entry.database_networks,
    settings: entry.settings,
  }));
  for (const each of environments) refuseForeignSettings(each, path);
  refuseShared(environments, path);
  return environments;
}

/**
 * The environment with this name or project reference.
 * @throws {ErrorWithRemedy} listing the existing ones
 */
export function findEnvironment(
  environments: Environment[],
  nameOrRef: string,
): Environment {
  const found = environments.find(({ name, projectRef }) => name === nameOrRef || projectRef === nameOrRef);
  if (found) return found;
  throw new ErrorWithRemedy(
    `Unknown environment: ${nameOrRef}.`,
    environments.length > 0
      ? `supabase/environments.toml has ${
        environments.map(({ name, projectRef }) => `${name} (${projectRef})`)
          .join(", ")
      }.`
      : "supabase/environments.toml is empty; see supabase/environments.example.toml.",
  );
}

async function readFile(path: string) {
  try {
    return environmentFile.parse(parse(await Deno.readTextFile(path)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new ErrorWithRemedy(
        `${path} is missing.`,
        "Copy supabase/environments.example.toml there and enter your projects; it has no secrets.",
        { cause: error },
      );
    }
    throw new ErrorWithRemedy(
      `${path} is invalid: ${error instanceof z.ZodError ? z.prettifyError(error) : error}`,
      "Correct it as in supabase/environments.example.toml, which explains each line.",
      { cause: error },
    );
  }
}

function kindOf(name: string, path: string): Environment["environment"] {
  const kind = (["development", "staging", "production"] as const)
    .find((each) => each === name);
  if (kind) return kind;
  throw new ErrorWithRemedy(
    `${path} lacks the kind of ${name}.`,
    `Add environment = "development", "staging" or "production" below [${name}].`,
  );
}

function refuseForeignSettings(
  { name, settings }: Environment,
  path: string,
): void {
  for (const setting of Object.keys(settings)) {
    if ((SECRET_NAMES as readonly string[]).includes(setting)) {
      throw new ErrorWithRemedy(
        `${path} has the secret ${setting} of ${name}.`,
        `Move it to .env.${name}, which git ignores. If it was ever committed, replace it where it was issued.`,
      );
    }
    if (NOT_TO_BE_CHOSEN.includes(setting) || !(setting in SETTINGS)) {
      throw new ErrorWithRemedy(
        `${path} sets ${setting} for ${name}, which is not a configurable setting of the functions.`,
        "See docs/reference/configuration.md.",
      );
    }
  }
}

function refuseShared(environments: Environment[], path: string): void {
  const what = [
    ["project_ref", ({ projectRef }: Environment) => projectRef],
    ["url", ({ url }: Environment) => new URL(url).host],
    ["site_url", ({ siteUrl }: Environment) => new URL(siteUrl).host],
    ["WEBHOOK_URL", ({ settings }: Environment) => settings.WEBHOOK_URL],
  ] as const;
  for (const [key, valueOf] of what) {
    const owners = new Map<string, string>();
    for (const each of environments) {
      const value = valueOf(each)?.toLowerCase();
      if (!value) continue;
      const owner = owners.get(value);
      if (owner) {
        throw new ErrorWithRemedy(
          `In ${path}, ${owner} and ${each.name} have the same ${key}: ${value}.`,
          "Each environment needs its own; otherwise one would change the other's documents or users.",
        );
      }
      owners.set(value, each.name);
    }
  }
}
