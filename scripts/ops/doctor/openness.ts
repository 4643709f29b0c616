import { accessChanges, type DatabaseAccess, describeAccess, isOpen } from "../project/database_access.ts";
import type { Environment } from "../project/environments.ts";
import { advice, type Finding, HOSTED, met, unmet } from "./finding.ts";

/** Whether access to the database is restricted as configured; an open configuration is reported as advice. */
export function checkDatabaseAccess(
  environment: Environment,
  found: DatabaseAccess,
): Finding[] {
  const requirement = "database access";
  const changes = describeAccess(accessChanges(environment, found));
  const open = [
    ...environment.enforceSsl ? [] : ["enforce_ssl = false: connections without TLS are accepted"],
    ...!isOpen(environment.databaseNetworks ?? found.networks) ? [] : [
      "every network may connect, and only the password protects the database",
    ],
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

/** Whether pages of any origin may call the API from their visitors' browsers. */
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
    `pages of every origin may call the API: CORS_ORIGINS ${settings.CORS_ORIGINS ? `is ${origins}` : "is not set"}`,
    `Set CORS_ORIGINS = "${
      new URL(siteUrl).origin
    }" below [${name}.settings] in supabase/environments.toml, and deploy.`,
  );
}
