import {
  accessChanges,
  type DatabaseAccess,
  describeAccess,
  isOpen,
} from "../project/database_access.ts";
import type { Environment } from "../project/environments.ts";
import { advice, type Finding, HOSTED, met, unmet } from "./finding.ts";

/** Whether the database is closed as the environment says; an environment that leaves it open is told so. */
export function checkDatabaseAccess(
  environment: Environment,
  found: DatabaseAccess,
): Finding[] {
  const requirement = "who reaches the database";
  const changes = describeAccess(accessChanges(environment, found));
  const open = [
    ...environment.enforceSsl
      ? []
      : ["enforce_ssl = false: connections without TLS are taken"],
    ...!isOpen(environment.databaseNetworks ?? found.networks)
      ? []
      : ["every network may connect, and the password is what keeps it out"],
  ];
  return [
    changes.length > 0
      ? unmet(
        requirement,
        `it should ${changes.join(", and ")}`,
        HOSTED.redeploy,
      )
      : met(requirement, "as supabase/environments.toml says"),
    ...open.map((sentence) =>
      advice(
        requirement,
        sentence,
        "enforce_ssl and database_networks in supabase/environments.toml: docs/deploying/database-access.md.",
      )
    ),
  ];
}

/** Whether any page of the web may call the API from its visitors' browsers. */
export function checkCorsOrigins(
  { name, siteUrl, settings }: Environment,
): Finding {
  const requirement = "CORS";
  const origins = settings.CORS_ORIGINS ?? "*";
  if (!origins.split(",").some((origin) => origin.trim() === "*")) {
    return met(requirement, `pages of ${origins} may call the API`);
  }
  return advice(
    requirement,
    `pages of every origin may call the API: CORS_ORIGINS ${
      settings.CORS_ORIGINS ? `is ${origins}` : "is not set"
    }`,
    `Set CORS_ORIGINS = "${
      new URL(siteUrl).origin
    }" below [${name}.settings] in supabase/environments.toml, and deploy.`,
  );
}
