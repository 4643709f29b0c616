import type { AuthSettings } from "../project/auth_settings.ts";
import type { Environment } from "../project/environments.ts";
import { type Member, readMembers } from "../project/organization.ts";
import { CliError, type SupabaseCli } from "../../platform/cli/supabase_cli.ts";
import { signInDifferences } from "../project/sign_in.ts";
import { advice, type Finding, HOSTED, met, unknown, unmet } from "./finding.ts";

const OPERATORS = "operators' second factor";
const NOT_ASKED = "the Management API was not called: add SUPABASE_ACCESS_TOKEN to the environment's secrets";

/** Whether users sign in by the configured providers only, and are redirected to configured URLs only. */
export function checkSignIn(
  environment: Environment,
  settings: AuthSettings | undefined,
): Finding {
  const requirement = "sign-in methods";
  if (!settings) return unknown(requirement, NOT_ASKED);
  const differences = signInDifferences(environment, settings);
  const providers = Object.keys(environment.oauth);
  return differences.length === 0
    ? met(requirement, ["e-mail", ...providers].join(", "))
    : unmet(requirement, differences.join("; "), HOSTED.redeploy);
}

/** Lists and checks the members. An access token without permission fails only if a second factor is required. */
export async function examineOperators(
  cli: SupabaseCli,
  environment: Environment,
): Promise<Finding> {
  try {
    return checkOperatorMfa(environment, await readMembers(cli, environment));
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const found = `the members cannot be listed: ${error.message}`;
    return environment.operatorMfa
      ? unmet(
        OPERATORS,
        found,
        "Use an access token that may read the organisation, or remove operator_mfa.",
      )
      : unknown(OPERATORS, found);
  }
}

/** Whether every member who may change the project has a second factor. */
export function checkOperatorMfa(
  { operatorMfa }: Environment,
  members: Member[] | undefined,
): Finding {
  const requirement = OPERATORS;
  if (!members) return unknown(requirement, NOT_ASKED);
  const without = members.filter(({ mfa_enabled }) => !mfa_enabled);
  if (without.length === 0) return met(requirement, "every member has one");
  const found = `${
    without.map(({ user_name, role_name }) => `${user_name} (${role_name})`)
      .join(", ")
  } of the organisation ${without.length === 1 ? "has" : "have"} none`;
  const remedy =
    "Each member sets one up: https://supabase.com/dashboard/account/security; then the organisation can require it (Organization settings > Security).";
  return operatorMfa ? unmet(requirement, found, remedy) : advice(
    requirement,
    found,
    `${remedy} operator_mfa = true in supabase/environments.toml requires it.`,
  );
}
