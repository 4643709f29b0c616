import { afterEach, beforeEach, expect, test } from "vitest";
import type { Environment } from "./environments.ts";
import { changedSettings, functionSettings, readSecrets, sharedSecrets } from "./secrets.ts";

const ENVIRONMENT: Environment = {
  name: "production",
  projectRef: "p".repeat(20),
  environment: "production",
  url: `https://${"p".repeat(20)}.supabase.co`,
  siteUrl: "https://app.example.com",
  confirmEmails: true,
  plan: "free",
  dataApi: true,
  oauth: {},
  redirectUrls: [],
  operatorMfa: false,
  enforceSsl: true,
  settings: {},
};
const SECRETS = {
  LLAMAPARSE_API_KEY: "llx-1",
  OPENAI_API_KEY: "sk-1",
  WORKER_SECRET: "w".repeat(32),
  WEBHOOK_SIGNING_SECRET: "s".repeat(32),
};

let folder: string;

beforeEach(async () => {
  folder = await Deno.makeTempDir();
});

afterEach(() => Deno.remove(folder, { recursive: true }));

const settingsWith = (
  functions: Record<string, string>,
  settings: Record<string, string> = {},
) => functionSettings({ ...ENVIRONMENT, settings }, { functions });

test("the functions get their secrets, settings and environment name", () => {
  expect(settingsWith(SECRETS, { CORS_ORIGINS: "https://app.example.com" }))
    .toEqual({
      ...SECRETS,
      CORS_ORIGINS: "https://app.example.com",
      UPLOAD_PIPELINE_ENVIRONMENT: "production",
      UPLOAD_PIPELINE_STORAGE_ENVIRONMENT: "production",
    });
});

test.each(Object.keys(SECRETS))("refuses to deploy without %s", (name) => {
  const { [name]: _, ...rest } = SECRETS as Record<string, string>;
  expect(() => settingsWith(rest)).toThrow(name);
});

test.each([
  ["short", { ...SECRETS, WORKER_SECRET: "short" }, {}, /16 characters/],
  [
    "the same for worker and webhook",
    { ...SECRETS, WORKER_SECRET: SECRETS.WEBHOOK_SIGNING_SECRET },
    {},
    /are the same/,
  ],
  [
    "with a line break",
    { ...SECRETS, OPENAI_API_KEY: "sk\n1" },
    {},
    /line break/,
  ],
  [
    "a webhook of another project",
    SECRETS,
    { WEBHOOK_URL: `https://${"s".repeat(20)}.supabase.co/functions/v1/x` },
    /another environment/,
  ],
])("a setting that is %s is refused", (_what, secrets, settings, message) => {
  expect(() => settingsWith(secrets, settings)).toThrow(message);
});

test("reads secrets from the environment's own file, not from this shell", async () => {
  await Deno.writeTextFile(
    `${folder}/.env.production`,
    "OPENAI_API_KEY=sk-file\nSUPABASE_DB_PASSWORD='p q'\nUNRELATED=x\n",
    { mode: 0o600 },
  );
  Deno.env.set("LLAMAPARSE_API_KEY", "llx-left-in-a-shell");
  try {
    expect(await readSecrets(ENVIRONMENT, folder, false)).toEqual({
      functions: { OPENAI_API_KEY: "sk-file" },
      oauth: {},
      databasePassword: "p q",
      accessToken: undefined,
    });
    const { functions } = await readSecrets(ENVIRONMENT, folder, true);
    expect(functions.LLAMAPARSE_API_KEY).toBe("llx-left-in-a-shell");
  } finally {
    Deno.env.delete("LLAMAPARSE_API_KEY");
  }
});

test("refuses a file that others may read", async () => {
  const path = `${folder}/.env.production`;
  await Deno.writeTextFile(path, "OPENAI_API_KEY=sk-file\n");
  for (const mode of [0o644, 0o640, 0o604]) {
    await Deno.chmod(path, mode);
    await expect(readSecrets(ENVIRONMENT, folder, false)).rejects.toMatchObject(
      { remedy: expect.stringContaining(`chmod 600 ${path}`) },
    );
  }
});

test("explains a missing file", async () => {
  await expect(readSecrets(ENVIRONMENT, folder, false)).rejects.toMatchObject({
    message: expect.stringContaining(".env.production"),
    remedy: expect.stringContaining("--secrets-from-environment"),
  });
});

/** SHA-256 of `w` 32 times, as the API returns it. */
const hash = async (text: string) =>
  new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)),
  ).toHex();

test("sets only values that differ from the project's", async () => {
  const onProject = {
    OPENAI_API_KEY: await hash("sk-1"),
    WORKER_SECRET: await hash("another"),
  };
  expect(await changedSettings(SECRETS, onProject)).toEqual([
    "LLAMAPARSE_API_KEY",
    "WORKER_SECRET",
    "WEBHOOK_SIGNING_SECRET",
  ]);
});

test("reports a secret that two environments share, except a provider's key", async () => {
  const other = {
    OPENAI_API_KEY: await hash("sk-1"),
    WORKER_SECRET: await hash(SECRETS.WORKER_SECRET),
    WEBHOOK_SIGNING_SECRET: await hash("its own"),
  };
  expect(await sharedSecrets(SECRETS, other)).toEqual(["WORKER_SECRET"]);
});
