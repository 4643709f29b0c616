import { Hono } from "hono";
import { describeRoute, generateSpecs } from "hono-openapi";
import type { App, AppContext } from "../../_shared/app_context.ts";
import { description } from "./operation.ts";
import { WEBHOOK_ROUTES } from "./webhook_operations.ts";

type Document = Awaited<ReturnType<typeof generateSpecs>>;

/** Answers with the OpenAPI 3.1 document of the app's routes and the webhook's, made when it is first asked for. */
export function openApiDocument(
  app: App,
  version: string,
): (c: AppContext) => Promise<Response> {
  let document: Promise<Document> | undefined;
  return async (c) => {
    document ??= describeAll(app, version);
    c.header("cache-control", "public, max-age=300");
    return c.json(await document);
  };
}

async function describeAll(app: App, version: string): Promise<Document> {
  const webhook = new Hono();
  for (const { method, path, operation } of WEBHOOK_ROUTES) {
    webhook.on(method, path, describeRoute(description(operation)));
  }
  const options = {
    defaultValidationErrorResponse: false,
    // The route of this document ends like a file's name.
    excludeStaticFile: false,
  };
  const { paths, components } = await generateSpecs(webhook, options);
  return await generateSpecs(app, {
    ...options,
    documentation: {
      ...ABOUT,
      info: { ...ABOUT.info, version },
      paths,
      components: { ...ABOUT.components, schemas: components?.schemas },
    },
  });
}

const ABOUT = {
  info: {
    title: "Document pipeline",
    summary: "Upload a document, follow it, search it.",
    description:
      "Every error is `{error: {code, message, request_id, details?}}` with a stable `code`. " +
      "Every answer carries `x-request-id`.",
    license: { name: "MIT", identifier: "MIT" },
  },
  // Relative to where this document is: /functions/v1/api/openapi.json.
  servers: [{ url: "/functions/v1" }],
  security: [{ user: [] }],
  tags: [
    { name: "Documents", description: "From upload to deletion." },
    { name: "Search", description: "Passages that answer a question." },
    { name: "Jobs", description: "The work on documents, and its cost." },
    { name: "Accounts", description: "Thin over Supabase Auth." },
    { name: "Service", description: "For operators and for LlamaParse." },
  ],
  components: {
    securitySchemes: {
      user: {
        type: "http" as const,
        scheme: "bearer",
        bearerFormat: "JWT",
        description: "The access token of a session of Supabase Auth.",
      },
    },
    headers: {
      RequestId: {
        description: "Identifies the request in logs and events.",
        schema: { type: "string" as const },
      },
      RetryAfter: seconds("Seconds after which to try again."),
      RateLimitLimit: count("How much the nearest limit allows."),
      RateLimitRemaining: count("How much of it is left."),
      RateLimitReset: seconds("Seconds until all of it is there again."),
    },
  },
};

function count(description: string) {
  return { description, schema: { type: "integer" as const, minimum: 0 } };
}

function seconds(description: string) {
  return { description, schema: { type: "integer" as const, minimum: 1 } };
}
