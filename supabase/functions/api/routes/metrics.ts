import { Hono } from "hono";
import type { AppEnv } from "../../_shared/app_context.ts";
import { HttpError } from "../../_shared/errors.ts";
import { requireSecret } from "../../_shared/shared_secret.ts";
import type { ApiDeps } from "../deps.ts";
import { CONTENT_TYPE, metricsText } from "../metrics.ts";

/** The metrics, for Prometheus; requires METRICS_SECRET as a bearer token. */
export function metricsRoutes(
  { queries, metricsSecrets }: Pick<ApiDeps, "queries" | "metricsSecrets">,
): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  if (!metricsSecrets) {
    routes.get("/metrics", () => {
      throw new HttpError("not_configured", {
        message: "METRICS_SECRET is missing (the bearer token with which Prometheus reads the metrics)",
      });
    });
    return routes;
  }

  routes.get(
    "/metrics",
    requireSecret(metricsSecrets, "Send METRICS_SECRET as a bearer token."),
    async (c) =>
      c.body(metricsText(await queries.metricSamples()), 200, {
        "content-type": CONTENT_TYPE,
      }),
  );
  return routes;
}
