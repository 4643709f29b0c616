import { Hono } from "hono";
import { z } from "zod";
import { serveOnLoopback, type Simulator } from "../simulator.ts";
import { accessRoutes } from "./access_routes.ts";
import { configRoutes } from "./config_routes.ts";
import { functionRoutes } from "./function_routes.ts";
import type { HostedProject } from "./project.ts";
import { printTrace } from "../../../dev/terminal/print.ts";

export interface ManagementApiOptions {
  projects: HostedProject[];
  /** The only access token that is accepted. */
  accessToken: string;
  /** Called when functions take effect; the API answers once it has settled. */
  onFunctionsDeployed?: (project: HostedProject) => Promise<void>;
  /** Called when secrets were set; running functions see them from then on. */
  onSecretsSet?: (project: HostedProject) => Promise<void>;
  /** 0 (the default) for any free port. */
  port?: number;
}

export interface ManagementApi extends Simulator {
  /** `METHOD /path` of each request, in order. */
  requests: string[];
}

const secrets = z.array(z.object({ name: z.string(), value: z.string() }));

/**
 * As much of Supabase's Management API (https://api.supabase.com/api/v1) as the CLI asks when it links and deploys to a
 * project. The CLI is pointed here by a profile file alone.
 */
export async function startManagementApi(
  options: ManagementApiOptions,
): Promise<ManagementApi> {
  const { projects, accessToken } = options;
  const requests: string[] = [];
  const app = new Hono();

  app.onError((error, c) => {
    printTrace(error);
    return c.json({ message: String(error) }, 500);
  });
  app.notFound((c) => c.json({ message: `Cannot ${c.req.method} ${c.req.path}` }, 404));
  app.use("*", async (c, next) => {
    requests.push(`${c.req.method} ${c.req.path}`);
    if (c.req.header("authorization") !== `Bearer ${accessToken}`) {
      return c.json({ message: "Unauthorized" }, 401);
    }
    await next();
  });

  app.get("/v1/projects", (c) => c.json(projects.map(describe)));
  app.get("/v1/organizations/rehearsal/members", (c) => c.json(MEMBERS));
  for (const project of projects) {
    const base = `/v1/projects/${project.ref}`;
    app.get(base, (c) => c.json(describe(project)));
    app.get(`${base}/api-keys`, (c) => c.json(apiKeys(project)));
    app.get(
      `${base}/billing/addons`,
      (c) => c.json({ selected_addons: [], available_addons: [] }),
    );
    app.get(`${base}/config/database/pooler`, (c) => c.json([pooler(project)]));
    app.get(
      `${base}/secrets`,
      async (c) => c.json(await digests(project.secrets)),
    );
    app.post(`${base}/secrets`, async (c) => {
      for (const { name, value } of secrets.parse(await c.req.json())) {
        project.secrets.set(name, value);
      }
      await options.onSecretsSet?.(project);
      return c.json(null, 201);
    });
    app.route(
      `${base}/functions`,
      functionRoutes(project, options.onFunctionsDeployed ?? noEffect),
    );
    app.route(base, accessRoutes(project));
    app.route("/", configRoutes(project));
  }

  const server = await serveOnLoopback(app, options.port ?? 0, () => {});
  return { ...server, requests };
}

/** The end of the names of this project's hosts; no name server knows one (RFC 6761). */
export const HOST_ENDING = "supabase.invalid";

/** The file that points the CLI at this API. `pooler_host` is the end that the host of a pooler must have. */
export function profileFor(api: Simulator): string {
  return [
    "name: rehearsal",
    `api_url: ${api.url}`,
    `dashboard_url: ${api.url}`,
    `project_host: ${HOST_ENDING}`,
    `pooler_host: ${HOST_ENDING}`,
    "",
  ].join("\n");
}

async function noEffect(): Promise<void> {}

function describe({ ref, name }: HostedProject) {
  return {
    id: ref,
    ref,
    name,
    organization_id: "rehearsal",
    organization_slug: "rehearsal",
    region: "eu-central-1",
    status: "ACTIVE_HEALTHY",
    created_at: "2026-01-01T00:00:00Z",
    database: {
      host: `db.${ref}.supabase.co`,
      version: "17.4.1.068",
      postgres_engine: "17",
      release_channel: "ga",
    },
  };
}

const MEMBERS = [{
  user_id: "00000000-0000-4000-8000-000000000001",
  user_name: "owner",
  email: "owner@example.com",
  role_name: "Owner",
  mfa_enabled: true,
}];

function apiKeys({ publishableKey, secretKey }: HostedProject) {
  return [
    {
      name: "default",
      type: "publishable",
      id: "publishable",
      api_key: publishableKey,
    },
    { name: "default", type: "secret", id: "secret", api_key: secretKey },
  ];
}

function pooler({ ref, database: { host, port, user } }: HostedProject) {
  const connection = `postgresql://${user}:[YOUR-PASSWORD]@${host}:${port}/postgres`;
  return {
    identifier: ref,
    database_type: "PRIMARY",
    is_using_scram_auth: true,
    db_user: user,
    db_host: host,
    db_port: port,
    db_name: "postgres",
    connection_string: connection,
    connectionString: connection,
    default_pool_size: 15,
    max_client_conn: 200,
    pool_mode: "session",
  };
}

/** The API never gives a secret back: only what it hashes to. */
function digests(values: Map<string, string>) {
  return Promise.all([...values].map(async ([name, value]) => ({
    name,
    value: new Uint8Array(
      await crypto.subtle.digest("SHA-256", new TextEncoder().encode(value)),
    ).toHex(),
    updated_at: "2026-01-01T00:00:00Z",
  })));
}
