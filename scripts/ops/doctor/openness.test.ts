import { expect, test } from "vitest";
import type { Environment } from "../project/environments.ts";
import { checkCorsOrigins, checkDatabaseAccess } from "./openness.ts";

const ENVIRONMENT: Environment = {
  name: "staging",
  projectRef: "s".repeat(20),
  environment: "staging",
  url: "https://s.example.com",
  siteUrl: "https://staging.example.com/start",
  confirmEmails: true,
  plan: "free",
  dataApi: true,
  oauth: {},
  redirectUrls: [],
  operatorMfa: false,
  enforceSsl: true,
  databaseNetworks: ["203.0.113.0/24"],
  settings: {},
};
const statuses = (...args: Parameters<typeof checkDatabaseAccess>) =>
  checkDatabaseAccess(...args).map(({ status }) => status);

test("is met when the database is restricted as configured", () => {
  const found = { sslEnforced: true, networks: ["203.0.113.0/24"] };
  expect(statuses(ENVIRONMENT, found)).toEqual(["met"]);
});

test.each([
  { sslEnforced: false, networks: ["203.0.113.0/24"] },
  { sslEnforced: true, networks: ["203.0.113.0/24", "198.51.100.0/24"] },
  { sslEnforced: true, networks: [] },
  { sslEnforced: true },
])("%j differs from the configuration", (found) => {
  expect(statuses(ENVIRONMENT, found)).toEqual(["unmet"]);
});

test("reports open settings, and how to close them", () => {
  const open = {
    ...ENVIRONMENT,
    databaseNetworks: undefined,
    enforceSsl: false,
  };
  expect(checkDatabaseAccess(open, { sslEnforced: false })).toEqual([
    expect.objectContaining({ status: "met" }),
    expect.objectContaining({
      status: "advice",
      remedy: expect.stringMatching(/enforce_ssl and database_networks/),
    }),
    expect.objectContaining({
      status: "advice",
      found: expect.stringMatching(/every network/),
    }),
  ]);
});

test.each([undefined, "*", "https://a.example.com, *"])(
  "CORS_ORIGINS %s is reported, with the line that sets it",
  (origins) => {
    const settings: Record<string, string> = origins ? { CORS_ORIGINS: origins } : {};
    expect(checkCorsOrigins({ ...ENVIRONMENT, settings })).toMatchObject({
      status: "advice",
      remedy: expect.stringContaining(
        'CORS_ORIGINS = "https://staging.example.com" below [staging.settings]',
      ),
    });
  },
);

test("is met with named origins", () => {
  const settings = { CORS_ORIGINS: "https://staging.example.com" };
  expect(checkCorsOrigins({ ...ENVIRONMENT, settings }).status).toBe("met");
});
