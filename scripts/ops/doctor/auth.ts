import {
  AUTH_GUARDS,
  type AuthSettings,
  isOffered,
  type Plan,
} from "../project/auth_settings.ts";
import { type Finding, met, type Remedies, unknown, unmet } from "./finding.ts";

const REQUIREMENT = "Auth's guards";

/**
 * Whether Auth is set so that a stolen token does not become the account.
 * @param settings undefined if nobody could be asked
 */
export function checkAuthGuards(
  settings: AuthSettings | undefined,
  plan: Plan,
  { redeploy }: Remedies,
): Finding[] {
  if (!settings) {
    return [unknown(
      REQUIREMENT,
      "the Management API was not asked: put SUPABASE_ACCESS_TOKEN beside the environment's secrets",
    )];
  }
  const offered = AUTH_GUARDS.filter((guard) => isOffered(guard, plan));
  const broken = offered.filter(({ setting, holds }) =>
    setting in settings && !holds(settings[setting])
  );
  const unseen = offered.filter(({ setting }) => !(setting in settings));
  const absent = AUTH_GUARDS.filter((guard) => !isOffered(guard, plan));
  return [
    broken.length === 0 ? met(REQUIREMENT, "are up") : unmet(
      REQUIREMENT,
      broken.map(({ setting, rule }) => `${setting}: not so that ${rule}`)
        .join("; "),
      redeploy,
    ),
    ...unseen.map(({ setting }) =>
      unknown(REQUIREMENT, `${setting} is not known here`)
    ),
    ...absent.map(({ setting, rule, plan: from }) =>
      unknown(
        REQUIREMENT,
        `${setting}: that ${rule} is offered from the plan ${from} on; environments.toml says ${plan}`,
      )
    ),
  ];
}
