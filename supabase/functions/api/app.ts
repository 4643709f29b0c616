import { createApp } from "../_shared/app.ts";
import type { App } from "../_shared/app_context.ts";
import type { ApiDeps } from "./deps.ts";
import { openApiDocument } from "./openapi/document.ts";
import { describe } from "./openapi/operation.ts";
import { openApi } from "./openapi/service_operations.ts";
import { countAttempts, countInQuery, countPolls, countRequests } from "./rate_limit.ts";
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
