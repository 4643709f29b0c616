import { Hono } from "hono";
import { z } from "zod";
import type { AppEnv } from "../../_shared/app_context.ts";
import { originOf } from "../../_shared/audit.ts";
import { HttpError } from "../../_shared/errors.ts";
import { fields } from "../../_shared/fields.ts";
import { jsonBody, limitJsonBody } from "../../_shared/validation.ts";
import { requireUser } from "../auth.ts";
import type { ApiDeps } from "../deps.ts";
import * as operations from "../openapi/account_operations.ts";
import { describe } from "../openapi/operation.ts";
import { queryFields, queryParams } from "../query_params.ts";
import { exportLines } from "./account_export.ts";
import { bearerToken, consentVersion, password } from "./auth.ts";
import { proveIdentity } from "./proof_of_identity.ts";

const deletionRequest = fields({ password: password.optional() });
const consentRequest = fields({ consent_version: consentVersion });
const exportParams = queryFields({ after: z.guid().optional() });

type AccountDeps = Pick<
  ApiDeps,
  "accounts" | "audit" | "authenticate" | "queries" | "signIns" | "storage"
>;

/** Routes for all of a user's data: export, consent, and deletion of the account. */
export function accountRoutes(deps: AccountDeps): Hono<AppEnv> {
  const { accounts, audit, authenticate, queries } = deps;
  const routes = new Hono<AppEnv>();

  routes.delete(
    "/account",
    describe(operations.deleteAccount),
    requireUser(authenticate),
    limitJsonBody(),
    jsonBody(deletionRequest),
    async (c) => {
      const { sub } = c.var.claims;
      await proveIdentity(c, deps, c.req.valid("json").password);

      const origin = originOf(c);
      await audit.record("account_deletion", sub, origin);
      await queries.deleteDocuments(sub, origin);
      await accounts.remove(sub);
      c.var.log.info("account deleted");
      return c.body(null, 204);
    },
  );

  routes.post(
    "/account/consent",
    describe(operations.recordConsent),
    requireUser(authenticate),
    limitJsonBody(),
    jsonBody(consentRequest),
    async (c) => {
      const { consent_version } = c.req.valid("json");
      const recorded = await queries.recordConsent(
        c.var.claims.sub,
        consent_version,
        originOf(c),
      );
      if (recorded.outcome === "outdated") {
        throw outdatedVersion(recorded.requiredVersion);
      }
      return c.json({ consent_version, consented_at: recorded.consentedAt });
    },
  );

  routes.get(
    "/account/export",
    describe(operations.exportAccount),
    requireUser(authenticate),
    queryParams(exportParams),
    async (c) => {
      const { after = null } = c.req.valid("query");
      // The token of a session that has ended is still valid, but must not export.
      const user = await accounts.user(bearerToken(c));
      await audit.record("export", c.var.claims.sub, originOf(c));
      const lines = await exportLines(c, deps, { user, after });
      return c.body(lines, 200, {
        "content-type": "application/x-ndjson",
        "content-disposition": 'attachment; filename="export.ndjson"',
      });
    },
  );

  return routes;
}

function outdatedVersion(required: string): HttpError {
  return new HttpError("consent_version_outdated", {
    message: `The current version of the terms is ${required}: show it to the user, and send that version.`,
    details: { required_version: required },
  });
}
