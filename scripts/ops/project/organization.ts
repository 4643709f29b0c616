import { z } from "zod";
import type { Environment } from "./environments.ts";
import type { SupabaseCli } from "../../platform/cli/supabase_cli.ts";

/** Older answers call the slug an id. */
const project = z.object({
  organization_slug: z.string().optional(),
  organization_id: z.string(),
});
const members = z.array(z.object({
  user_name: z.string(),
  role_name: z.string(),
  mfa_enabled: z.boolean(),
}));

/** A person who may change a project in the dashboard and by the CLI. */
export type Member = z.infer<typeof members>[number];

/**
 * The members of the project's organisation.
 * @throws {CliError} if the token may not see them
 * @returns undefined if the Management API cannot be called, because no access token is known here
 */
export async function readMembers(
  cli: SupabaseCli,
  { projectRef }: Environment,
): Promise<Member[] | undefined> {
  const found = await cli.callApi("GET", `/v1/projects/${projectRef}`);
  if (found === undefined) return undefined;
  const { organization_slug, organization_id } = project.parse(found);
  const slug = organization_slug ?? organization_id;
  return members.parse(
    await cli.callApi("GET", `/v1/organizations/${slug}/members`),
  );
}
