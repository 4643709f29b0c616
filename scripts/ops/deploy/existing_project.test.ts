import { stringify } from "smol-toml";
import { afterAll, beforeAll, expect, test } from "vitest";
import { REPOSITORY } from "../../dev/repository.ts";
import { HOST_ENDING } from "../../platform/simulators/management_api/server.ts";
import { changeProject } from "../existing_project/change_project.ts";
import { readRelease } from "../existing_project/pipeline_release.ts";
import { SHOP, writeFiles } from "../existing_project/testing/synthetic_project.ts";
import { connect } from "../project/database.ts";
import { type } from "../rehearse/plain_deployment.ts";
import { type RehearsalPlatform, startRehearsalPlatform } from "../rehearse/platform.ts";

/** A shop that is live on a hosted project, with Auth and Data API settings of its own. */
let platform: RehearsalPlatform;
let folder: string;
let shop: string;

beforeAll(async () => {
  platform = await startRehearsalPlatform();
  folder = await Deno.makeTempDir({ prefix: "deploy-existing-" });
  shop = `${folder}/shop`;
  await writeFiles(shop, SHOP);
  await Deno.symlink(`${REPOSITORY}/node_modules`, `${shop}/node_modules`);
  await inShop(`npx supabase link --project-ref "$PROJECT_REF"`);
  await namePooler();
  await inShop("npx supabase db push");
  await inShop("npx supabase functions deploy");
  Object.assign(platform.project.config.auth, { site_url: "https://shop.example.com", password_min_length: 6 });
  const { environment, secrets, cli } = platform;
  await writeFiles(folder, {
    "supabase/environments.toml": stringify({
      staging: {
        project_ref: environment.projectRef,
        url: environment.url,
        site_url: "https://pipeline.example.com",
        plan: environment.plan,
        settings: environment.settings,
      },
    }),
    ".env.staging": Object.entries({
      ...secrets.functions,
      SUPABASE_DB_PASSWORD: secrets.databasePassword!,
      SUPABASE_ACCESS_TOKEN: secrets.accessToken!,
    }).map(([name, value]) => `${name}=${value}\n`).join(""),
    "profile.yaml": await Deno.readTextFile(cli.profile!),
    "home/.keep": "",
  });
  await Deno.chmod(`${folder}/.env.staging`, 0o600);
}, 240_000);

afterAll(async () => {
  await platform?.[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
});

const inShop = (line: string) => type(line, shop, platform);

/** @see namePooler of the plain deployment: no server on this machine has a pooler's name. */
async function namePooler(): Promise<void> {
  const path = `${shop}/supabase/.temp/pooler-url`;
  const url = (await Deno.readTextFile(path)).trim();
  await Deno.writeTextFile(path, `${url.replace("@", `@pooler.${HOST_ENDING}:5432,`)}?sslmode=disable`);
}

/** Runs `npm run <command>` in this repository, as the operator. */
async function run(command: string, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", `${REPOSITORY}/scripts/ops/${command}/main.ts`],
      ...["--settings", folder, "--project", "staging", ...args],
    ],
    env: { SUPABASE_PROFILE: `${folder}/profile.yaml`, HOME: `${folder}/home`, NO_COLOR: "1", INIT_CWD: folder },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

/** The commands of the documentation, without the statement for Vault, which the CLI sends to hosted alone. */
async function documentedCommands(): Promise<string[]> {
  const page = await Deno.readTextFile(`${REPOSITORY}/docs/deploying/existing-project.md`);
  const section = page.split(/^## /m).find((part) => part.startsWith("To the hosted project\n"));
  return /^```sh\n([^]*?)^```/m.exec(section!)![1].trim().split("\n");
}

const settingsOf = () => structuredClone({ config: platform.project.config, access: platform.project.access });
const deployed = () => [...platform.project.functions.values()].map(({ upload, version }) => [upload.slug, version]);

test(
  "a deployment from this repository leaves the settings of a project that holds other tables, unless asked",
  async () => {
    const before = settingsOf();
    const sql = connect(platform.stack.databaseUrl);
    // Without the shop's history, which alone would be refused.
    await sql`alter table supabase_migrations.schema_migrations rename to kept`;
    try {
      const plain = await run("deploy", "--dry-run");
      expect(plain).toMatchObject({ code: 0, err: "" });
      expect(plain.out).toMatch(
        /are left as they are: the project also holds \d+ tables? \([^)]*shop\.notes[^)]*\) and 2 functions/,
      );
      expect(plain.out).toMatch(/--push-settings would set:[^]*auth\.site_url to "https:\/\/pipeline\.example\.com"/);
      const [, plan] = plain.out.split("The plan");
      expect(plan).not.toMatch(/Auth|Data API|Restrict access/);

      const asked = await run("deploy", "--dry-run", "--push-settings");
      expect(asked.out.split("The plan")[1]).toMatch(
        /set auth\.site_url to "https:\/\/pipeline\.example\.com"[^]*Restrict access/,
      );
    } finally {
      await sql`alter table supabase_migrations.kept rename to schema_migrations`;
      await sql.end();
    }
    expect(settingsOf()).toEqual(before);
  },
  180_000,
);

test("the project's own commands bring the pipeline to it, as documented", async () => {
  const before = settingsOf();
  const exitCode = await changeProject({
    command: "init",
    path: shop,
    options: {},
    release: await readRelease(REPOSITORY),
    repository: REPOSITORY,
    cwd: folder,
    print() {},
  });
  expect(exitCode).toBe(0);
  const { environment, secrets, project, stack } = platform;
  const path = `${shop}/supabase/document-pipeline`;
  const vault = await Deno.readTextFile(`${path}/vault.sql`);
  expect(vault).toContain(`'https://${environment.projectRef}.supabase.co/functions/v1'`);
  let env = await Deno.readTextFile(`${path}/secrets.env`);
  for (const name of ["LLAMAPARSE_API_KEY", "OPENAI_API_KEY"]) {
    env = env.replace(`${name}=`, `${name}=${secrets.functions[name]}`);
  }
  await Deno.writeTextFile(`${path}/secrets.env`, env);
  // Simulators replace the providers, at other addresses.
  for (const [name, value] of Object.entries(environment.settings)) project.secrets.set(name, value);
  project.secrets.set("UPLOAD_PIPELINE_ENVIRONMENT", "staging");

  const lines = await documentedCommands();
  expect(lines).toHaveLength(4);
  const sql = connect(stack.databaseUrl);
  try {
    for (const line of lines) {
      if (!line.includes("db query")) await inShop(line);
      // The rehearsal's project has another address than a hosted one.
      else await sql.unsafe(vault.replace(/https:\/\/[^/]+\/functions/, `${environment.url}/functions`));
    }
    // It may be repeated.
    await sql.unsafe(vault.replace(/https:\/\/[^/]+\/functions/, `${environment.url}/functions`));
  } finally {
    await sql.end();
  }
  expect(deployed().sort()).toEqual([["api", 1], ["count", 1], ["greet", 1], ["isolation", 1], ["webhook", 1], [
    "worker",
    1,
  ]]);
  for (const { upload } of project.functions.values()) {
    if (["count", "greet"].includes(upload.slug)) continue;
    expect(upload.metadata.verify_jwt).toBe(false);
    expect(upload.files.map(({ path }) => path)).toContain(`supabase/functions/${upload.slug}/index.js`);
  }
  expect(settingsOf()).toEqual(before);
  const greeting = await fetch(`${stack.url}/functions/v1/greet`);
  expect(await greeting.text()).toBe("Welcome to the shop");
  expect(await (await fetch(`${stack.url}/functions/v1/count`)).text()).toBe("19");
}, 180_000);

test(
  "npm run deploy takes a document through it, and changes neither the project's settings nor its own functions",
  async () => {
    const before = settingsOf();
    // The two secrets that init has made are in Vault, which wins over those of .env.staging.
    const dry = await run("deploy", "--source", "shop", "--dry-run");
    expect(dry).toMatchObject({ code: 0, err: "" });
    expect(dry.out).toMatch(/are left as they are: the pipeline was added to a project of its own/);
    const done = await run("deploy", "--source", "shop", "--yes");
    expect({ code: done.code, err: done.err }).toEqual({ code: 0, err: "" });
    expect(done.out).toMatch(/searchable after [\d.]+ s; deleted again/);
    expect(settingsOf()).toEqual(before);
    expect(Object.fromEntries(deployed())).toMatchObject({ api: 2, worker: 2, greet: 1, count: 1 });
  },
  180_000,
);

test("npm run deploy refuses while migrations of the project itself are pending", async () => {
  const path = `${shop}/supabase/migrations/20420101000000_prices.sql`;
  await Deno.writeTextFile(path, "create table shop.prices (id int);\n");
  const refused = await run("deploy", "--source", "shop", "--yes");
  await Deno.remove(path);
  expect(refused.code).toBe(1);
  expect(refused.err).toMatch(/1 is not applied: 20420101000000_prices\.sql[^]*npx supabase db push/);
}, 180_000);

test("the doctor finds every requirement met; the project's own settings are advice at most", async () => {
  const { code, out } = await run("doctor", "--source", "shop", "--round-trips", "--json");
  const findings: { requirement: string; status: string; found: string }[] = JSON.parse(out);
  expect(findings.filter(({ status }) => status === "unmet")).toEqual([]);
  expect(findings.filter(({ status }) => status === "advice").map(({ found }) => found).join("\n")).toMatch(
    /password_min_length/,
  );
  expect(code).toBe(0);
}, 180_000);
