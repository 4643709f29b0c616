import { resolve } from "node:path";
import { parse } from "smol-toml";
import { expect, test } from "vitest";
import type { Environment } from "./environments.ts";
import { prepareRelease } from "./release.ts";
import { OAUTH_PROVIDERS } from "./sign_in.ts";

const SOURCE = resolve(import.meta.dirname!, "../../..");
const ENVIRONMENT: Environment = {
  name: "staging",
  projectRef: "s".repeat(20),
  environment: "staging",
  url: "https://s.example.com",
  siteUrl: "https://staging.example.com",
  confirmEmails: true,
  plan: "team",
  dataApi: true,
  oauth: {},
  redirectUrls: [],
  operatorMfa: false,
  enforceSsl: true,
  settings: {},
};

/** The part of config.toml for the environment's project. */
async function remote(changes: Partial<Environment>) {
  await using release = await prepareRelease(SOURCE, {
    ...ENVIRONMENT,
    ...changes,
  });
  const toml = await Deno.readTextFile(
    `${release.directory}/supabase/config.toml`,
  );
  const { remotes } = parse(toml) as {
    remotes: Record<string, Record<string, unknown>>;
  };
  return remotes.staging;
}

const hook = (enabled: boolean) => ({
  password_verification_attempt: { enabled },
});

test("sets the Auth settings that each plan has", async () => {
  expect((await remote({ plan: "team" })).auth).toMatchObject({
    site_url: ENVIRONMENT.siteUrl,
    email: { enable_confirmations: true },
    hook: hook(true),
  });
  const pro = (await remote({ plan: "pro" })).auth;
  expect(pro).not.toHaveProperty("sessions");
  expect(pro).toMatchObject({
    site_url: ENVIRONMENT.siteUrl,
    email: { enable_confirmations: true },
    hook: hook(false),
  });
  expect((await remote({ plan: "free" })).auth).toMatchObject({
    hook: hook(false),
    sessions: { timebox: "0s", inactivity_timeout: "0s" },
  });
});

test("enables the named providers only", async () => {
  const redirect = "https://staging.example.com/callback";
  const { additional_redirect_urls, external } = (await remote({
    redirectUrls: [redirect],
    oauth: { google: { clientId: "a", url: "https://id.example.com" } },
  })).auth as {
    additional_redirect_urls: string[];
    external: Record<string, { enabled: boolean }>;
  };
  expect(additional_redirect_urls).toEqual([redirect]);
  expect(external.google).toEqual({
    enabled: true,
    client_id: "a",
    secret: "env(OAUTH_GOOGLE_SECRET)",
    url: "https://id.example.com",
  });
  expect(Object.entries(external).filter(([, { enabled }]) => enabled))
    .toHaveLength(1);
  expect(Object.keys(external)).toEqual([...OAUTH_PROVIDERS]);
});

test("closes the Data API when the environment requires it", async () => {
  expect(await remote({})).not.toHaveProperty("api");
  expect((await remote({ dataApi: false })).api).toEqual({
    schemas: ["public"],
  });
});
