import { Hono } from "hono";
import { z } from "zod";
import type { HostedProject } from "./project.ts";

/** The form in which the API takes the networks. */
const networks = z.strictObject({
  dbAllowedCidrs: z.array(z.cidrv4()),
  dbAllowedCidrsV6: z.array(z.cidrv6()),
});
const ssl = z.strictObject({
  requestedConfig: z.strictObject({ database: z.boolean() }),
});

/** Who may connect to Postgres and its pooler, and how: a project's own routes, beneath its address. */
export function accessRoutes({ access }: HostedProject): Hono {
  const routes = new Hono();
  const restrictions = () => ({
    entitlement: "allowed",
    config: access.networks ?? { dbAllowedCidrs: [], dbAllowedCidrsV6: [] },
    status: access.networks ? "applied" : "stored",
  });
  const enforcement = () => ({
    currentConfig: { database: access.sslEnforced },
    appliedSuccessfully: true,
  });

  routes.get("/network-restrictions", (c) => c.json(restrictions()));
  routes.post("/network-restrictions/apply", async (c) => {
    access.networks = networks.parse(await c.req.json());
    return c.json(restrictions(), 201);
  });
  routes.get("/ssl-enforcement", (c) => c.json(enforcement()));
  routes.put("/ssl-enforcement", async (c) => {
    access.sslEnforced = ssl.parse(await c.req.json()).requestedConfig.database;
    return c.json(enforcement());
  });
  return routes;
}
