import { resolve } from "node:path";
import { parse } from "smol-toml";
import { expect, test } from "vitest";
import type { Environment } from "./environments.ts";
import { MANIFEST, type Manifest, manifestText } from "./manifest.ts";
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

test("leaves config.toml of a project that the pipeline was added to, and deploys the pipeline's functions alone", async () => {
  const source = await Deno.makeTempDir({ prefix: "added-" });
  try {
    const config = '[auth]\nsite_url = "https://shop.example.com"\n\n[functions.greet]\nverify_jwt = true\n';
    const migrations = { "1_shop.sql": "select 1;", "2_pipeline_schemas.sql": "select 2;" };
    for (const folder of ["migrations", "functions/greet", "functions/api", "document-pipeline"]) {
      await Deno.mkdir(`${source}/supabase/${folder}`, { recursive: true });
    }
    await Deno.writeTextFile(`${source}/supabase/config.toml`, config);
    for (const [name, sql] of Object.entries(migrations)) {
      await Deno.writeTextFile(`${source}/supabase/migrations/${name}`, sql);
    }
    const manifest: Manifest = {
      about: "",
      format: 1,
      release: "1.2.3",
      build: "0123456789ab",
      migrations: [{ release: "2_schemas.sql", file: "2_pipeline_schemas.sql", sha256: "0".repeat(64) }],
      files: {},
      config: { functions: ["api"], schemas: [], insertions: [] },
    };
    await Deno.writeTextFile(`${source}/${MANIFEST}`, manifestText(manifest));
    await using release = await prepareRelease(source, ENVIRONMENT);
    expect(await Deno.readTextFile(`${release.directory}/supabase/config.toml`)).toBe(config);
    expect(release).toMatchObject({
      version: "1.2.3",
      build: "0123456789ab",
      functions: ["api"],
      added: { migrations: ["2_pipeline_schemas.sql"] },
    });
    expect(release.migrations.map(({ name }) => name)).toEqual(Object.keys(migrations));
  } finally {
    await Deno.remove(source, { recursive: true });
  }
});
