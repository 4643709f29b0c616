import { parse } from "smol-toml";
import { z } from "zod";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

const KIBI = 1024;
const UNITS: Record<string, number> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KIB: KIBI,
  MIB: KIBI ** 2,
  GIB: KIBI ** 3,
};

/** `50MiB` and the like, in bytes. */
const size = z.string().transform((text, context) => {
  const [, amount, unit = "B"] = /^(\d+)\s*([a-z]+)?$/i.exec(text) ?? [];
  const factor = UNITS[unit.toUpperCase()];
  if (amount !== undefined && factor) return Number(amount) * factor;
  context.addIssue({ code: "custom", message: `${text} is no size` });
  return z.NEVER;
});

/** The one of Go's duration formats that lite understands. */
const duration = z.string().regex(/^\d+(ms|s|m|h)$/, "must be such as 24h");

/** What the stack takes from `supabase/config.toml`; the defaults are the Supabase CLI's. */
const projectConfig = z.object({
  api: z.object({
    schemas: z.array(z.string()).min(1).default(["public", "graphql_public"]),
    extra_search_path: z.array(z.string()).default(["public", "extensions"]),
    max_rows: z.int().positive().default(1000),
  }).prefault({}),
  storage: z.object({ file_size_limit: size.prefault("50MiB") }).prefault({}),
  auth: z.object({
    site_url: z.string().default("http://127.0.0.1:3000"),
    jwt_expiry: z.int().positive().default(3600),
    enable_signup: z.boolean().default(true),
    minimum_password_length: z.int().positive().default(6),
    email: z.object({
      enable_signup: z.boolean().default(true),
      enable_confirmations: z.boolean().default(false),
      double_confirm_changes: z.boolean().default(true),
      secure_password_change: z.boolean().default(false),
    }).prefault({}),
    hook: z.object({
      password_verification_attempt: z.object({
        enabled: z.boolean(),
        uri: z.string().regex(
          /^pg-functions:\/\/postgres\/\w+\/\w+$/,
          "must name a function of the database",
        ),
      }).optional(),
    }).prefault({}),
    sessions: z.object({
      timebox: duration.optional(),
      inactivity_timeout: duration.optional(),
    }).prefault({}),
  }).prefault({}),
  functions: z.record(
    z.string(),
    z.object({
      verify_jwt: z.boolean().default(true),
      entrypoint: z.string().optional(),
      import_map: z.string().optional(),
    }),
  ).default({}),
});

export type ProjectConfig = z.output<typeof projectConfig>;

/** @throws {ErrorWithRemedy} if the file is missing, is not TOML, or says something of the wrong kind */
export async function readProjectConfig(path: string): Promise<ProjectConfig> {
  try {
    return projectConfig.parse(parse(await Deno.readTextFile(path)));
  } catch (error) {
    const reason = error instanceof z.ZodError
      ? z.prettifyError(error)
      : error instanceof Error
      ? error.message
      : String(error);
    throw new ErrorWithRemedy(
      `${path} cannot be used: ${reason}`,
      "Correct the file; https://supabase.com/docs/guides/local-development/cli/config describes it.",
      { cause: error },
    );
  }
}
