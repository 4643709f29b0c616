import type { Embedder } from "../_providers/openai.ts";
import type { Storage } from "../_providers/storage.ts";
import { type App, createApp } from "../_shared/app.ts";
import type { AuditLog } from "../_shared/audit.ts";
import type { AddressHeader } from "../_shared/client_address.ts";
import type { Logger } from "../_shared/log.ts";
import type { RequestMeter } from "../_shared/request_meter.ts";
import type { Accounts } from "./accounts.ts";
import type { Authenticate } from "./auth.ts";
import type { IdempotencyKeys } from "./idempotency.ts";
import { openApiDocument } from "./openapi/document.ts";
import { describe } from "./openapi/operation.ts";
import { openApi } from "./openapi/service_operations.ts";
import type { ApiQueries } from "./queries.ts";
import {
  countAttempts,
  countInQuery,
  countPolls,
  countRequests,
  type RateLimiter,
} from "./rate_limit.ts";
import { accountRoutes } from "./routes/account.ts";
import { authRoutes } from "./routes/auth.ts";
import { documentRoutes } from "./routes/documents.ts";
import { downloadRoutes } from "./routes/downloads.ts";
import { healthRoutes } from "./routes/health.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { metricsRoutes } from "./routes/metrics.ts";
import { reparseRoutes } from "./routes/reparse.ts";
import { searchRoutes } from "./routes/search.ts";
import { uploadRoutes } from "./routes/upload.ts";
import type { SignIns } from "./sign_ins.ts";

/** What the API works with. Tests pass their own; `compose.ts` makes the real ones. */
export interface ApiDeps {
  queries: ApiQueries;
  storage: Storage;
  authenticate: Authenticate;
  limiter: RateLimiter;
  idempotencyKeys: IdempotencyKeys;
  accounts: Accounts;
  audit: AuditLog;
  signIns: SignIns;
  /** Puts questions into the space that the chunks' vectors live in. */
  embedder: Embedder;
  logger: Logger;
  /** The origins whose pages may read the answers; all of them if left out. */
  corsOrigins?: string[];
  /** Tells where requests came from; `x-forwarded-for` if left out. */
  addressHeader?: AddressHeader;
  version: string;
  /** What Prometheus shows to read the metrics; without it nobody may. */
  metricsSecrets?: readonly string[];
  meter?: RequestMeter;
}

export function createApi(deps: ApiDeps): App {
  const app = createApp("api", deps);
  const { limiter } = deps;
  app.use("/api/*", countRequests(limiter));
  app.use("/api/documents/:document_id/status", countInQuery(limiter));
  app.use("/api/upload-document-backend", countInQuery(limiter));
  app.use("/api/jobs/:job_id", countPolls(limiter, "job_id"));
  app.use("/api/auth/login", countAttempts(limiter, "sign-in"));
  app.use("/api/auth/signup", countAttempts(limiter, "sign-in"));
  app.use("/api/auth/refresh", countAttempts(limiter, "refresh"));
  app.use("/api/account", countAttempts(limiter, "sign-in", "DELETE"));
  app.route("/api", uploadRoutes(deps));
  app.route("/api", documentRoutes(deps));
  app.route("/api", downloadRoutes(deps));
  app.route("/api", reparseRoutes(deps));
  app.route("/api", jobRoutes(deps));
  app.route("/api", searchRoutes(deps));
  app.route("/api", authRoutes(deps));
  app.route("/api", accountRoutes(deps));
  app.route("/api", healthRoutes(deps));
  app.route("/api", metricsRoutes(deps));
  app.get(
    "/api/openapi.json",
    describe(openApi),
    openApiDocument(app, deps.version),
  );
  return app;
}
