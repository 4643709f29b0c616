import { Hono } from "hono";
import type { AllowedNetworks, HostedProject } from "./project.ts";

/** The settings that `config push` reads (version 2 of the API) and writes (version 1, a part at a time). */
export function configRoutes({ ref, config, access }: HostedProject): Hono {
  const routes = new Hono();

  routes.get(`/v2/projects/${ref}/config`, (c) =>
    c.json({
      data: {
        type: "project_config",
        id: ref,
        attributes: {
          database: {
            major_version: 17,
            ssl_enforced: access.sslEnforced,
            network_restrictions: {
              entitlement: "allowed",
              status: access.networks ? "applied" : "stored",
              allowed_cidrs: listNetworks(access.networks),
            },
            postgres_settings: {},
          },
          api: config.api,
          auth: config.auth,
          storage: storageAttributes(config.storage),
        },
      },
    }));

  routes.get(`/v1/projects/${ref}/postgrest`, (c) => c.json(config.api));
  routes.patch(
    `/v1/projects/${ref}/postgrest`,
    async (c) => c.json(Object.assign(config.api, await c.req.json())),
  );
  routes.get(`/v1/projects/${ref}/config/auth`, (c) => c.json(config.auth));
  routes.patch(
    `/v1/projects/${ref}/config/auth`,
    async (c) => c.json(Object.assign(config.auth, await c.req.json())),
  );
  routes.get(
    `/v1/projects/${ref}/config/storage`,
    (c) => c.json(config.storage),
  );
  routes.patch(
    `/v1/projects/${ref}/config/storage`,
    async (c) => c.json(Object.assign(config.storage, await c.req.json())),
  );
  return routes;
}

/** Version 2 lists both kinds in one. */
function listNetworks(networks: AllowedNetworks | undefined) {
  const of = (type: string, addresses: string[] = []) => addresses.map((address) => ({ type, address }));
  return [
    ...of("v4", networks?.dbAllowedCidrs),
    ...of("v6", networks?.dbAllowedCidrsV6),
  ];
}

/** Version 2 spells Storage's settings with underscores. */
function storageAttributes(storage: Record<string, unknown>) {
  return {
    file_size_limit: storage.fileSizeLimit,
    features: {
      image_transformation: { enabled: false },
      s3_protocol: { enabled: true },
      purge_cache: { enabled: false },
      iceberg_catalog: {
        enabled: false,
        max_namespaces: 0,
        max_tables: 0,
        max_catalogs: 0,
      },
      vector_buckets: { enabled: false, max_buckets: 0, max_indexes: 0 },
    },
    capabilities: { list_v2: true, iceberg_catalog: false },
    upstream_target: "main",
    migration_version: "",
    database_pool_mode: "transaction",
  };
}
