import { Hono } from "hono";
import { describeRoute, generateSpecs } from "hono-openapi";
import type { App, AppContext } from "../../_shared/app_context.ts";
import { description } from "./operation.ts";
import { WEBHOOK_ROUTES } from "./webhook_operations.ts";

type Document = Awaited<ReturnType<typeof generateSpecs>>;

/** Answers with the OpenAPI 3.1 document of the routes of the app and of the webhook, created on the first request. */
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
    // The path of this document's route ends like a file name.
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
    summary: "Upload a document, follow its progress, search it.",
    description: "Every error is `{error: {code, message, request_id, details?}}` " +
      "with a stable `code`. Every response has an `x-request-id` header.",
    license: { name: "MIT", identifier: "MIT" },
  },
  // Relative to this document's address: /functions/v1/api/openapi.json.
  servers: [{ url: "/functions/v1" }],
  security: [{ user: [] }],
  tags: [
    { name: "Documents", description: "From upload to deletion." },
    { name: "Search", description: "Passages that answer a question." },
    { name: "Jobs", description: "The processing of documents, and its cost." },
    {
      name: "Accounts",
      description: "Sign-up, sign-in and accounts, by Supabase Auth.",
    },
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
      RetryAfter: seconds("Seconds to wait before a retry."),
      RateLimitLimit: count("The limit that is closest to being exceeded."),
      RateLimitRemaining: count("The requests left of that limit."),
      RateLimitReset: seconds(
        "Seconds until the whole limit is available again.",
      ),
    },
  },
};

function count(description: string) {
  return { description, schema: { type: "integer" as const, minimum: 0 } };
}

function seconds(description: string) {
  return { description, schema: { type: "integer" as const, minimum: 1 } };
}
