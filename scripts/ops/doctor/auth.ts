import { AUTH_GUARDS, type AuthSettings, isOffered, type Plan } from "../project/auth_settings.ts";
import { type Finding, met, type Remedies, unknown, unmet } from "./finding.ts";

const REQUIREMENT = "Auth's guards";

/**
 * Whether Auth's settings protect an account from a stolen token.
 * @param settings undefined without an access token
 */
export function checkAuthGuards(
  settings: AuthSettings | undefined,
  plan: Plan,
  { redeploy }: Remedies,
): Finding[] {
  if (!settings) {
    return [unknown(
      REQUIREMENT,
      "the Management API was not called: add SUPABASE_ACCESS_TOKEN to the environment's secrets",
    )];
  }
  const offered = AUTH_GUARDS.filter((guard) => isOffered(guard, plan));
  const broken = offered.filter(({ setting, holds }) => setting in settings && !holds(settings[setting]));
  const unseen = offered.filter(({ setting }) => !(setting in settings));
  const absent = AUTH_GUARDS.filter((guard) => !isOffered(guard, plan));
  return [
    broken.length === 0 ? met(REQUIREMENT, "are up") : unmet(
      REQUIREMENT,
      broken.map(({ setting, rule }) => `${setting}: violates "${rule}"`)
        .join("; "),
      redeploy,
    ),
    ...unseen.map(({ setting }) => unknown(REQUIREMENT, `${setting} is unknown here`)),
    ...absent.map(({ setting, rule, plan: from }) =>
      unknown(
        REQUIREMENT,
        `${setting}: "${rule}" needs the plan ${from}; environments.toml has ${plan}`,
      )
    ),
  ];
}
