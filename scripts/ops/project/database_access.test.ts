import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type HostedProject, newProject } from "../../platform/simulators/management_api/project.ts";
import { type ManagementApi, profileFor, startManagementApi } from "../../platform/simulators/management_api/server.ts";
import { accessChanges, changeDatabaseAccess, readDatabaseAccess } from "./database_access.ts";
import type { Environment } from "./environments.ts";
import { SupabaseCli } from "../../platform/cli/supabase_cli.ts";

const projectRef = "a".repeat(20);
const NETWORKS = ["203.0.113.0/24", "2001:db8:1::/48"];
const CLOSED: Environment = {
  name: "staging",
  projectRef,
  environment: "staging",
  url: "https://s.example.com",
  siteUrl: "https://staging.example.com",
  confirmEmails: true,
  plan: "free",
  dataApi: true,
  oauth: {},
  redirectUrls: [],
  operatorMfa: false,
  enforceSsl: true,
  databaseNetworks: NETWORKS,
  settings: {},
};
const RULES = {
  sslEnforced: true,
  networks: {
    dbAllowedCidrs: NETWORKS.slice(0, 1),
    dbAllowedCidrsV6: NETWORKS.slice(1),
  },
};

let api: ManagementApi;
let project: HostedProject;
let cli: SupabaseCli;
let folder: string;
beforeAll(async () => {
  project = newProject({
    ref: projectRef,
    name: "test",
    publishableKey: "sb_publishable_x",
    secretKey: "sb_secret_x",
    database: { host: "127.0.0.1", port: 1, user: "postgres" },
  });
  const accessToken = `sbp_${"0".repeat(40)}`;
  api = await startManagementApi({ projects: [project], accessToken });
  folder = await Deno.makeTempDir();
  const profile = `${folder}/profile.yaml`;
  await Deno.writeTextFile(profile, profileFor(api));
  cli = new SupabaseCli({
    directory: folder,
    profile,
    accessToken,
    home: folder,
  });
});
afterAll(async () => {
  await api.stop();
  await Deno.remove(folder, { recursive: true });
});
beforeEach(() => {
  Object.assign(project.access, { sslEnforced: false, networks: undefined });
});

/** Applies the rules as a deployment does. */
async function deploy(environment: Environment, ok = true) {
  const before = await readDatabaseAccess(cli, environment);
  const changes = accessChanges(environment, before);
  await changeDatabaseAccess(
    cli,
    environment,
    before,
    changes,
    () => Promise.resolve({ ok, why: "function api: unavailable" }),
  );
  return changes;
}

test("restricts a new project as its environment requires, once", async () => {
  await deploy(CLOSED);
  expect(project.access).toEqual(RULES);
  const found = await readDatabaseAccess(cli, CLOSED);
  expect(accessChanges(CLOSED, found)).toEqual({});
});

test("takes back rules under which the database is unreachable", async () => {
  await expect(deploy(CLOSED, false)).rejects.toThrow(
    /taken back: function api: unavailable/,
  );
  expect(project.access).toEqual({
    sslEnforced: false,
    networks: { dbAllowedCidrs: ["0.0.0.0/0"], dbAllowedCidrsV6: ["::/0"] },
  });
});

test("keeps the project's networks when the environment has none", async () => {
  Object.assign(project.access, structuredClone(RULES));
  const changes = await deploy({ ...CLOSED, databaseNetworks: undefined });
  expect(changes).toEqual({});
  expect(project.access).toEqual(RULES);
});

test("allows no address with an empty list", async () => {
  await deploy({ ...CLOSED, databaseNetworks: [] });
  expect(project.access.networks).toEqual({
    dbAllowedCidrs: [],
    dbAllowedCidrsV6: [],
  });
});
