import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findEnvironment, readEnvironments } from "./environments.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

const STAGING = `[staging]
project_ref = "${"s".repeat(20)}"
site_url = "https://staging.example.com"
`;
const PRODUCTION = `[production]
project_ref = "${"p".repeat(20)}"
site_url = "https://app.example.com"
`;

let folder: string;

beforeEach(async () => {
  folder = await Deno.makeTempDir();
});

afterEach(() => Deno.remove(folder, { recursive: true }));

async function read(toml: string) {
  await Deno.writeTextFile(`${folder}/environments.toml`, toml);
  return await readEnvironments(`${folder}/environments.toml`);
}

test("accepts the example that operators copy", async () => {
  const example = new URL(
    "../../../supabase/environments.example.toml",
    import.meta.url,
  );
  const environments = await readEnvironments(fileURLToPath(example));
  expect(environments.map(({ name, environment }) => [name, environment]))
    .toEqual([["staging", "staging"], ["production", "production"]]);
});

test("finds an environment by its name and by its project, with defaults", async () => {
  const environments = await read(STAGING + PRODUCTION);
  const production = findEnvironment(environments, "production");
  expect(findEnvironment(environments, "p".repeat(20))).toBe(production);
  expect(production).toMatchObject({
    url: `https://${"p".repeat(20)}.supabase.co`,
    environment: "production",
    confirmEmails: true,
    plan: "free",
    dataApi: true,
    oauth: {},
    redirectUrls: [],
    operatorMfa: false,
    enforceSsl: true,
    databaseNetworks: undefined,
  });
  expect(() => findEnvironment(environments, "prod")).toThrow(
    /staging \(s+\), production \(p+\)|prod/,
  );
});

test.each([
  [
    "one project for two environments",
    STAGING + PRODUCTION.replaceAll("p".repeat(20), "s".repeat(20)),
    /same project_ref/,
  ],
  [
    "one application for two environments",
    STAGING + PRODUCTION.replace("app.", "staging."),
    /same site_url/,
  ],
  [
    "one address for two environments",
    `${STAGING}url = "https://api.example.com"\n${PRODUCTION}url = "https://API.example.com/"\n`,
    /same url/,
  ],
  [
    "one webhook for two environments",
    `${STAGING}settings = { WEBHOOK_URL = "https://a.example.com/w" }\n` +
    `${PRODUCTION}settings = { WEBHOOK_URL = "https://a.example.com/w" }\n`,
    /same WEBHOOK_URL/,
  ],
  [
    "a secret in the committed file",
    `${STAGING}settings = { OPENAI_API_KEY = "sk-1" }\n`,
    /secret OPENAI_API_KEY/,
  ],
  [
    "a setting that does not exist",
    `${STAGING}settings = { LAMAPARSE_TIER = "agentic" }\n`,
    /LAMAPARSE_TIER/,
  ],
  [
    "a setting of the platform",
    `${STAGING}settings = { SUPABASE_URL = "https://x.example.com" }\n`,
    /SUPABASE_URL/,
  ],
  [
    "an invalid reference",
    STAGING.replace("s".repeat(20), "short"),
    /twenty/,
  ],
  [
    "an environment of unknown kind",
    STAGING.replace("[staging]", "[qa]"),
    /lacks the kind of/,
  ],
  [
    "an invalid network",
    `${STAGING}database_networks = ["203.0.113.0/33"]\n`,
    /database_networks/,
  ],
  [
    "a provider unknown to Auth",
    `${STAGING}oauth.gogle = { client_id = "x" }\n`,
    /gogle/,
  ],
  [
    "a client secret in the committed file",
    `${STAGING}oauth.google = { client_id = "x", secret = "y" }\n`,
    /secret/,
  ],
  [
    "a redirect without TLS",
    `${STAGING}redirect_urls = ["http://app.example.com/"]\n`,
    /redirect_urls/,
  ],
  [
    "a redirect to any host",
    `${STAGING}redirect_urls = ["https://*.example.com/"]\n`,
    /complete host name/,
  ],
  ["a misspelt line", `${STAGING}sight_url = "x"\n`, /sight_url/],
])("%s is refused", async (_what, toml, message) => {
  const refusal = await read(toml).catch((error) => error);
  expect(refusal).toBeInstanceOf(ErrorWithRemedy);
  expect(refusal.message).toMatch(message);
});

test("explains a missing file", async () => {
  await expect(readEnvironments(`${folder}/none.toml`)).rejects.toMatchObject({
    remedy: expect.stringContaining("environments.example.toml"),
  });
});
