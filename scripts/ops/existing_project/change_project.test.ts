import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse } from "smol-toml";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { REPOSITORY } from "../../dev/repository.ts";
import { type ChangeInput, changeProject } from "./change_project.ts";
import type { ProjectCommandName, ProjectCommandOptions } from "./commands.ts";
import type { PipelineRelease } from "./pipeline_release.ts";
import { EMPTY_PROJECT, type Files, readFiles, SHOP, writeFiles } from "./testing/synthetic_project.ts";

const FIRST: PipelineRelease = {
  version: "1.0.0",
  build: "aaaaaaaaaaaa",
  queues: ["parse", "chunk"],
  migrations: [
    {
      name: "20261123000100_schemas.sql",
      sql: `create extension if not exists vector with schema extensions;
create schema upload_pipeline;
create role pipeline_monitoring nologin;
select cron.schedule('pipeline-sweep', '5 seconds', 'select 1');
insert into storage.buckets (id, name) select 'files', 'files';
`,
    },
    {
      name: "20261123000200_access.sql",
      sql: 'create policy "owners read their files" on storage.objects for select using (true);\n',
    },
  ],
  functions: [{ name: "api", code: "// api 1\n" }, { name: "worker", code: "// worker 1\n" }],
};
const SECOND: PipelineRelease = {
  ...FIRST,
  version: "1.1.0",
  build: "bbbbbbbbbbbb",
  migrations: [...FIRST.migrations, { name: "20270101000000_more.sql", sql: "select 2;\n" }],
  functions: [
    { name: "api", code: "// api 2\n" },
    { name: "worker", code: "// worker 1\n" },
    { name: "webhook", code: "// webhook 2\n" },
  ],
};
const OWN = "supabase/document-pipeline";
const SECRETS = `${OWN}/secrets.env`;
const CONFIG = "supabase/config.toml";
const API = "supabase/functions/api/index.js";

let root: string;
let printed: string[];

beforeEach(async () => {
  root = await Deno.makeTempDir({ prefix: "existing-project-" });
  printed = [];
});

afterEach(async () => {
  await promisify(execFile)("chmod", ["-R", "u+w", root]);
  await Deno.remove(root, { recursive: true });
});

interface Call extends Partial<Omit<ChangeInput, "options">>, ProjectCommandOptions {}

async function run(command: ProjectCommandName, { release = FIRST, path = root, onStep, ...options }: Call = {}) {
  printed = [];
  return await changeProject({
    command,
    path,
    options,
    release,
    repository: REPOSITORY,
    cwd: root,
    print: (line) => printed.push(line),
    onStep,
  });
}

async function refused(command: ProjectCommandName, call: Call = {}): Promise<string> {
  const error = await run(command, call).catch((error) => error);
  expect(error?.name, String(error)).toBe("ErrorWithRemedy");
  return `${error.message}\n${error.remedy}`;
}

const migrationsOf = (files: Files) =>
  Object.keys(files).filter((path) => path.startsWith("supabase/migrations/"))
    .map((path) => path.slice("supabase/migrations/".length)).sort();

const edit = (path: string, text: string) => Deno.writeTextFile(join(root, path), text);
const text = (path: string) => Deno.readTextFile(join(root, path));

describe("init", () => {
  it("adds migrations, functions, sections and secrets to a project of supabase init", async () => {
    await writeFiles(root, EMPTY_PROJECT);
    expect(await run("init")).toBe(0);
    const files = await readFiles(root);
    expect(migrationsOf(files)).toEqual([
      "20261123000100_pipeline_schemas.sql",
      "20261123000200_pipeline_access.sql",
    ]);
    expect(files["supabase/migrations/20261123000100_pipeline_schemas.sql"]).toBe(FIRST.migrations[0].sql);
    expect(files[API]).toBe("// api 1\n");
    expect(JSON.parse(files["supabase/functions/api/deno.json"])).toEqual({ imports: {} });
    expect(parse(files[CONFIG]).functions).toEqual({
      api: { verify_jwt: false, entrypoint: "./functions/api/index.js" },
      worker: { verify_jwt: false, entrypoint: "./functions/worker/index.js" },
    });
    expect(files[CONFIG].startsWith(EMPTY_PROJECT[CONFIG])).toBe(true);
    expect(files["supabase/.gitignore"]).toBe(EMPTY_PROJECT["supabase/.gitignore"]);
  });

  it("keeps every file of a project with things of its own, and names the migrations after its newest", async () => {
    await writeFiles(root, SHOP);
    expect(await run("init")).toBe(0);
    const files = await readFiles(root);
    for (const [path, before] of Object.entries(SHOP)) {
      if (path !== CONFIG) expect(files[path], path).toBe(before);
    }
    expect(migrationsOf(files)).toEqual([
      "20240101000000_shop.sql",
      "20400101000000_pictures.sql",
      "20400101000001_pipeline_schemas.sql",
      "20400101000002_pipeline_access.sql",
    ]);
    expect((parse(files[CONFIG]) as { api: { schemas: string[] } }).api.schemas).toEqual(["public", "shop"]);
  });

  it("exposes the schemas only when asked, within the list as it is written", async () => {
    await writeFiles(root, SHOP);
    await run("init", { exposeSchema: true });
    expect(await text(CONFIG)).toContain(`schemas = [
  "public", # the shop's own tables
  "shop",
  "upload_pipeline",
  "pipeline_console",   # read by the storefront
]`);
  });

  it("shows what would change, and writes nothing, with --dry-run", async () => {
    await writeFiles(root, SHOP);
    expect(await run("init", { dryRun: true })).toBe(0);
    expect(await readFiles(root)).toEqual(SHOP);
    const dry = printed.filter((line) => /^ {2,}(add|edit|\+)/.test(line));
    expect(dry).toContain("  add     supabase/functions/api/index.js (1 kB)");
    expect(dry).toContain('          + entrypoint = "./functions/api/index.js"');
    await run("init");
    expect(printed.filter((line) => /^ {2,}(add|edit|\+)/.test(line))).toEqual(dry);
  });

  it("changes nothing when it runs again", async () => {
    await writeFiles(root, SHOP);
    await run("init");
    const before = await readFiles(root);
    expect(await run("init")).toBe(0);
    expect(printed[0]).toMatch(/^Nothing to do/);
    expect(await readFiles(root)).toEqual(before);
  });

  it("completes what was interrupted at any step", async () => {
    const steps: string[] = [];
    await writeFiles(root, SHOP);
    await run("init", { onStep: (step) => steps.push(step) });
    const whole = await readFiles(root);
    expect(steps.length).toBeGreaterThan(8);
    for (const last of steps) {
      await Deno.remove(root, { recursive: true });
      await writeFiles(root, SHOP);
      await expect(run("init", {
        onStep(step) {
          if (step === last) throw new Error("interrupted");
        },
      })).rejects.toThrow("interrupted");
      expect(await run("init")).toBe(0);
      const files = await readFiles(root);
      expect(Object.keys(files), last).toEqual(Object.keys(whole));
      for (const [path, text] of Object.entries(whole)) {
        if (![SECRETS, `${OWN}/vault.sql`, `${OWN}/vault.local.sql`].includes(path)) {
          expect(files[path], `${path} after ${last}`).toBe(text);
        }
      }
    }
  }, 60_000);

  it("continues after a process that was killed", async () => {
    const gone = new Deno.Command("true").spawn();
    await gone.status;
    const half = "supabase/functions/api/.index.js.pipeline-new";
    await writeFiles(root, SHOP);
    await run("init");
    await Deno.remove(join(root, API));
    await edit(`${OWN}/lock`, String(gone.pid));
    await edit(half, "// ap");
    expect(await run("init")).toBe(0);
    const files = await readFiles(root);
    expect(files[API]).toBe("// api 1\n");
    expect(Object.keys(files).filter((path) => /pipeline-new|lock$/.test(path))).toEqual([]);
  });

  it("makes secrets of its own, which only this user reads, git ignores and no output shows", async () => {
    await promisify(execFile)("git", ["init", "-q", root]);
    await writeFiles(root, EMPTY_PROJECT);
    await run("init", { projectRef: "abcdefghijklmnopqrst" });
    const secrets = [...(await text(SECRETS)).matchAll(/^(?:WORKER|WEBHOOK_SIGNING)_SECRET=([0-9a-f]{64})$/gm)]
      .map(([, value]) => value);
    expect(new Set(secrets).size).toBe(2);
    for (const secret of secrets) {
      expect(printed.join("\n")).not.toContain(secret);
      expect(await text(`${OWN}/vault.sql`)).toContain(secret);
      expect(await text(`${OWN}/manifest.json`)).not.toContain(secret);
    }
    expect(await text(`${OWN}/vault.sql`)).toContain("'https://abcdefghijklmnopqrst.supabase.co/functions/v1'");
    for (const name of ["secrets.env", "vault.sql", "vault.local.sql"]) {
      expect((await Deno.stat(join(root, OWN, name))).mode! & 0o777).toBe(0o600);
    }
    const { stdout } = await promisify(execFile)("git", ["-C", root, "status", "--short", "--untracked-files=all"]);
    expect(stdout).toContain(`${OWN}/manifest.json`);
    expect(stdout).not.toMatch(/secrets|vault/);
  });

  it("writes no secrets where git would commit them", async () => {
    await promisify(execFile)("git", ["init", "-q", root]);
    await writeFiles(root, { ...EMPTY_PROJECT, [SECRETS]: "OLD=1\n" });
    await promisify(execFile)("git", ["-C", root, "add", "-f", SECRETS]);
    await Deno.remove(join(root, SECRETS));
    expect(await refused("init")).toMatch(/git does not ignore .*secrets\.env[^]*git rm --cached/);
    expect(await readFiles(root)).not.toHaveProperty([SECRETS]);
  });

  it("reports lines of its sections that were changed, and keeps them", async () => {
    await writeFiles(root, SHOP);
    await run("init");
    const changed = (await text(CONFIG)).replace(
      "[functions.api]\nverify_jwt = false",
      "[functions.api]\nverify_jwt = true",
    );
    await edit(CONFIG, changed);
    expect(await run("init")).toBe(1);
    expect(printed.join("\n")).toMatch(/\[functions\.api\] has verify_jwt = true; the pipeline needs false/);
    expect(await text(CONFIG)).toBe(changed);
  });

  it("gives a machine without the secrets none of its own, unless asked", async () => {
    await writeFiles(root, EMPTY_PROJECT);
    await run("init");
    await Deno.remove(join(root, SECRETS));
    expect(await run("init")).toBe(0);
    expect(printed.join("\n")).toMatch(/secrets\.env is not on this machine/);
    expect(await readFiles(root)).not.toHaveProperty([SECRETS]);
    await run("init", { newSecrets: true });
    expect(await text(SECRETS)).toMatch(/^WORKER_SECRET=[0-9a-f]{64}$/m);
  });
});

describe("init notes", () => {
  it.each<[string, Files, RegExp]>([
    [
      "a limit of Storage below the pipeline's",
      { [CONFIG]: '[storage]\nfile_size_limit = "5MiB"\n' },
      /file_size_limit is 5MiB/,
    ],
    [
      "functions that are switched off",
      { [CONFIG]: "[edge_runtime]\nenabled = false\n" },
      /\[edge_runtime\] is disabled/,
    ],
    ["an old Postgres", { [CONFIG]: "[db]\nmajor_version = 14\n" }, /major_version is below 15/],
    ["declarative schemas", { "supabase/schemas/shop.sql": "create schema shop;" }, /supabase db diff --schema/],
    [
      "Realtime topics of the same form",
      { "supabase/migrations/1_a.sql": "select realtime.send('{}', 'x', 'user:' || gen_random_uuid(), true);" },
      /1_a\.sql names Realtime topics/,
    ],
    ["a schema that is not exposed", {}, /--expose-schema adds it/],
  ])("%s", async (_name, files, message) => {
    await writeFiles(root, { ...EMPTY_PROJECT, ...files });
    expect(await run("init")).toBe(0);
    expect(printed.join("\n")).toMatch(message);
    // Of a project without any of these, none.
    await Deno.remove(root, { recursive: true });
    await writeFiles(root, EMPTY_PROJECT);
    await run("init", { exposeSchema: true });
    await run("init");
    expect(printed).toHaveLength(1);
  });
});

describe("init refuses, and writes nothing,", () => {
  const conflicts: [string, Files, RegExp][] = [
    ["a function of the same name", { "supabase/functions/api/index.ts": "" }, /functions\/api exists/],
    ["a function whose name differs in case", { "supabase/functions/API/index.ts": "" }, /functions\/API exists/],
    [
      "a section of a function of the same name",
      { [CONFIG]: '[functions.api]\nentrypoint = "./functions/rest/index.ts"\n' },
      /\[functions\.api\] has verify_jwt = nothing/,
    ],
    [
      "the same schema",
      migration("create schema if not exists upload_pipeline;"),
      /1_own\.sql creates the schema upload_pip/,
    ],
    [
      "the same policy on storage.objects",
      migration('create policy "owners read their files" on storage.objects for select using (true);'),
      /creates the policy owners read their files on storage\.objects/,
    ],
    ["the same queue", migration("select pgmq.create('parse');"), /creates the queue parse/],
    [
      "the same cron job",
      migration("do $$ begin perform cron.schedule('pipeline-sweep', '* * * * *', 'select 1'); end $$;"),
      /creates the cron job pipeline-sweep/,
    ],
    ["the same role", migration("create role pipeline_monitoring;"), /creates the role pipeline_monitoring/],
    [
      "the same bucket",
      migration("insert into storage.buckets (id, name) values ('pictures', 'p'), ('files', 'files');"),
      /creates the bucket files/,
    ],
    [
      "the same bucket in config.toml",
      { [CONFIG]: "[storage.buckets.files]\npublic = false\n" },
      /config\.toml creates the bucket/,
    ],
    [
      "vector in the schema public",
      migration("create extension if not exists vector;"),
      /extension vector in the schema public[^]*alter extension "vector" set schema extensions/,
    ],
    [
      "a declarative schema with the same name",
      { "supabase/schemas/a.sql": "create schema upload_pipeline;" },
      /schemas\/a\.sql/,
    ],
    [
      "a migration after which none can be named",
      { "supabase/migrations/99999999999999_last.sql": "" },
      /No migration can be named so that it sorts after 99999999999999_last\.sql/,
    ],
  ];
  function migration(sql: string): Files {
    return { "supabase/migrations/1_own.sql": sql };
  }

  it.each(conflicts)("%s", async (_name, files, message) => {
    await writeFiles(root, { ...EMPTY_PROJECT, ...files });
    const before = await readFiles(root);
    expect(await refused("init")).toMatch(message);
    expect(await readFiles(root)).toEqual(before);
    expect(await refused("init", { dryRun: true })).toMatch(message);
  });

  it("all conflicts at once", async () => {
    await writeFiles(root, {
      ...EMPTY_PROJECT,
      ...migration("create schema upload_pipeline; select pgmq.create('chunk');"),
      "supabase/functions/worker/index.ts": "",
    });
    expect(await refused("init")).toMatch(/functions\/worker[^]*schema upload_pipeline[^]*queue chunk/);
  });

  it.each<[string, Files, string, RegExp]>([
    ["a folder that does not exist", {}, "missing", /missing does not exist/],
    ["a file", { "a.txt": "" }, "a.txt", /a\.txt is a file/],
    ["a config.toml instead of its folder", EMPTY_PROJECT, CONFIG, /is a file[^]*existing-project-\w+$/],
    ["a folder without supabase/", { "src/a.ts": "" }, ".", /it has no supabase\/ folder[^]*npx supabase init/],
    ["a folder without config.toml", { "supabase/seed.sql": "" }, ".", /config\.toml is missing/],
    [
      "a monorepo, naming the projects in it",
      { "apps/web/supabase/config.toml": "", "node_modules/x/supabase/config.toml": "" },
      ".",
      /There is one below it: \S+\/apps\/web$/,
    ],
    [
      "config.toml that is not TOML",
      { [CONFIG]: "[api\nport = 1\n" },
      ".",
      /config\.toml cannot be parsed: [^]*Correct the file/,
    ],
    ["functions that are no table", { [CONFIG]: "functions = 3\n" }, ".", /cannot be added to[^]*\[functions\.api\]/],
  ])("%s", async (_name, files, path, message) => {
    await writeFiles(root, files);
    const before = await readFiles(root);
    expect(await refused("init", { path: join(root, path) })).toMatch(message);
    expect(await readFiles(root)).toEqual(before);
  });

  it("config.toml that is no UTF-8", async () => {
    await writeFiles(root, EMPTY_PROJECT);
    await Deno.writeFile(join(root, CONFIG), new Uint8Array([0x23, 0xff, 0xfe, 0x0a]));
    expect(await refused("init")).toMatch(/config\.toml is not UTF-8/);
  });

  it("the pipeline's own repository", async () => {
    expect(await refused("init", { path: REPOSITORY, dryRun: true })).toMatch(/is the pipeline's own repository/);
  });

  it.each<[string, () => Promise<void>, RegExp]>([
    ["a read-only config.toml", () => Deno.chmod(join(root, CONFIG), 0o444), /config\.toml is read-only/],
    [
      "a read-only folder",
      () => Deno.chmod(join(root, "supabase/functions"), 0o555),
      /supabase\/functions is read-only/,
    ],
    [
      "a config.toml behind a symbolic link",
      async () => {
        await Deno.rename(join(root, CONFIG), join(root, "config.toml"));
        await Deno.symlink("../config.toml", join(root, CONFIG));
      },
      /supabase\/config\.toml is a symbolic link/,
    ],
    [
      "migrations behind a symbolic link",
      async () => {
        await Deno.rename(join(root, "supabase/migrations"), join(root, "elsewhere"));
        await Deno.symlink("../elsewhere", join(root, "supabase/migrations"));
      },
      /supabase\/migrations is a symbolic link/,
    ],
  ])("%s", async (_name, prepare, message) => {
    await writeFiles(root, SHOP);
    await prepare();
    expect(await refused("init")).toMatch(message);
    expect(Object.keys(await readFiles(root)).filter((path) => path.includes("pipeline"))).toEqual([]);
  });

  it("while another process works on the project", async () => {
    await writeFiles(root, { ...SHOP, [`${OWN}/lock`]: "1" });
    expect(await refused("init")).toMatch(/Another command works on .* \(process 1\)[^]*remove \S+lock\.$/);
    expect(migrationsOf(await readFiles(root))).toEqual(migrationsOf(SHOP));
  });
});

describe("a Supabase project", () => {
  it("is found in a folder of a monorepo, and by its supabase/ folder", async () => {
    await writeFiles(join(root, "apps/web"), EMPTY_PROJECT);
    expect(await run("init", { path: "apps/web/supabase" })).toBe(0);
    expect(printed).toContain("  cd apps/web");
    expect(await text(`apps/web/${API}`)).toBe("// api 1\n");
    expect(await run("init", { path: "apps/web" })).toBe(0);
    expect(printed[0]).toMatch(/^Nothing to do/);
  });
});

describe("upgrade", () => {
  const upgrade = (call: Call = {}) => run("upgrade", { release: SECOND, ...call });

  beforeEach(async () => {
    await writeFiles(root, SHOP);
    await run("init");
  });

  it("adds new migrations after all others, updates functions and adds new ones", async () => {
    await edit("supabase/migrations/20410101000000_later.sql", "select 1;\n");
    const before = await readFiles(root);
    expect(await upgrade()).toBe(0);
    const files = await readFiles(root);
    expect(migrationsOf(files)).toEqual([...migrationsOf(before), "20410101000001_pipeline_more.sql"]);
    expect(files[API]).toBe("// api 2\n");
    expect(files["supabase/functions/webhook/index.js"]).toBe("// webhook 2\n");
    expect(Object.keys(parse(files[CONFIG]).functions as object)).toEqual([
      "greet",
      "count",
      "api",
      "worker",
      "webhook",
    ]);
    expect(files[SECRETS]).toBe(before[SECRETS]);
    expect(JSON.parse(files[`${OWN}/manifest.json`])).toMatchObject({ release: "1.1.0", build: "bbbbbbbbbbbb" });
    expect(await upgrade()).toBe(0);
    expect(printed[0]).toMatch(/^Nothing to do/);
  });

  it("keeps edited files, puts the new version beside, and says so until it is taken", async () => {
    await edit(API, "// mine\n");
    expect(await upgrade()).toBe(1);
    expect(printed.join("\n")).toContain(`${API} was edited; 1.1.0's is ${OWN}/new/functions/api/index.js`);
    expect(await text(API)).toBe("// mine\n");
    expect(await text(`${OWN}/new/functions/api/index.js`)).toBe("// api 2\n");
    expect(await upgrade()).toBe(1);
    await edit(API, "// api 2\n");
    expect(await upgrade()).toBe(0);
    expect(await readFiles(root)).not.toHaveProperty([`${OWN}/new/functions/api/index.js`]);
  });

  it("names migrations that were edited or are missing, and touches neither", async () => {
    const path = "supabase/migrations/20400101000001_pipeline_schemas.sql";
    await edit(path, "-- mine\n");
    await Deno.remove(join(root, "supabase/migrations/20400101000002_pipeline_access.sql"));
    expect(await upgrade()).toBe(1);
    expect(printed.join("\n")).toMatch(/pipeline_schemas\.sql was edited[^]*pipeline_access\.sql is missing/);
    expect(await text(path)).toBe("-- mine\n");
    expect(migrationsOf(await readFiles(root))).not.toContain("20400101000002_pipeline_access.sql");
  });

  it("completes what was interrupted at any step", async () => {
    const start = await readFiles(root);
    const steps: string[] = [];
    await upgrade({ onStep: (step) => steps.push(step) });
    const whole = await readFiles(root);
    for (const last of steps) {
      await Deno.remove(root, { recursive: true });
      await writeFiles(root, start);
      await expect(upgrade({
        onStep(step) {
          if (step === last) throw new Error("interrupted");
        },
      })).rejects.toThrow("interrupted");
      expect(await upgrade()).toBe(0);
      expect(await readFiles(root), last).toEqual(whole);
    }
  });

  it("refuses an older release", async () => {
    await upgrade();
    const before = await readFiles(root);
    expect(await refused("upgrade")).toMatch(/has the pipeline 1\.1\.0; this is 1\.0\.0, which is older/);
    expect(await refused("init")).toMatch(/which is older/);
    expect(await readFiles(root)).toEqual(before);
  });

  it("refuses a release in which a migration is another one, or missing", async () => {
    const before = await readFiles(root);
    const [first, ...others] = SECOND.migrations;
    const changed = { ...SECOND, migrations: [{ ...first, sql: "select 3;\n" }, ...others] };
    expect(await refused("upgrade", { release: changed })).toMatch(
      /20261123000100_schemas\.sql of 1\.0\.0 is another one in 1\.1\.0/,
    );
    expect(await refused("upgrade", { release: { ...SECOND, migrations: others } })).toMatch(
      /1\.1\.0 lacks the migration/,
    );
    expect(await readFiles(root)).toEqual(before);
  });

  it("removes a function that the release no longer has, unless it was edited", async () => {
    const smaller = { ...SECOND, functions: SECOND.functions.filter(({ name }) => name === "api") };
    await edit("supabase/functions/worker/deno.json", "{}");
    expect(await upgrade({ release: smaller })).toBe(1);
    const files = await readFiles(root);
    expect(files).not.toHaveProperty(["supabase/functions/worker/index.js"]);
    expect(files["supabase/functions/worker/deno.json"]).toBe("{}");
    expect(printed.join("\n")).toMatch(/worker\/deno\.json was edited; 1\.1\.0 has no such file/);
  });

  it("is what init names where another release is in the project", async () => {
    expect(await refused("init", { release: SECOND })).toMatch(
      /has the pipeline 1\.0\.0 already[^]*npm run upgrade -- /,
    );
  });

  it("refuses a project without the pipeline, and one with a damaged manifest", async () => {
    await edit(`${OWN}/manifest.json`, "{");
    expect(await refused("upgrade")).toMatch(/manifest\.json is invalid/);
    await Deno.remove(join(root, `${OWN}/manifest.json`));
    expect(await refused("upgrade")).toMatch(/does not have the pipeline[^]*npm run init/);
  });
});

describe("remove", () => {
  beforeEach(async () => {
    await writeFiles(root, SHOP);
    await run("init", { exposeSchema: true });
  });

  it("leaves the project as it was, with the migrations and one that drops what they made", async () => {
    expect(await run("remove")).toBe(0);
    const files = await readFiles(root);
    const added = Object.keys(files).filter((path) => !(path in SHOP));
    expect(added).toEqual([
      "supabase/migrations/20400101000001_pipeline_schemas.sql",
      "supabase/migrations/20400101000002_pipeline_access.sql",
      "supabase/migrations/20400101000003_pipeline_remove.sql",
    ]);
    for (const [path, before] of Object.entries(SHOP)) expect(files[path], path).toBe(before);
    const sql = files[added[2]];
    expect(sql).toContain('drop schema if exists "upload_pipeline" cascade;');
    expect(sql).toContain('drop policy if exists "owners read their files" on storage.objects;');
    expect(sql).not.toContain("pictures");
  });

  it("leaves nothing where no database has the migrations", async () => {
    expect(await run("remove", { unapplied: true })).toBe(0);
    expect(await readFiles(root)).toEqual(SHOP);
  });

  it("writes nothing with --dry-run, and names what is lost", async () => {
    const before = await readFiles(root);
    expect(await run("remove", { dryRun: true })).toBe(0);
    expect(await readFiles(root)).toEqual(before);
    expect(printed.join("\n")).toMatch(
      /takes along:[^]*documents[^]*files in the bucket[^]*webhooks[^]*cron jobs[^]*Vault/,
    );
  });

  it("keeps what was edited: functions, secrets that were entered, sections", async () => {
    await edit(API, "// mine\n");
    await edit(SECRETS, (await text(SECRETS)).replace("OPENAI_API_KEY=", "OPENAI_API_KEY=sk-mine"));
    const changed =
      (await text(CONFIG)).replace("[functions.api]\nverify_jwt = false", "[functions.api]\nverify_jwt = true") +
      "\n[analytics]\nenabled = false\n";
    await edit(CONFIG, changed);
    expect(await run("remove")).toBe(1);
    expect(await text(API)).toBe("// mine\n");
    expect(await text(SECRETS)).toContain("sk-mine");
    expect(await text(`${OWN}/.gitignore`)).toContain("/secrets.env");
    expect(await text(CONFIG)).toContain("[functions.api]\nverify_jwt = true");
    expect(await text(CONFIG)).toContain("[analytics]");
    expect(printed.join("\n")).toMatch(/index\.js was edited and stays[^]*\[functions\.api\] was edited and stays/);
  });

  it("takes its lines out of a config.toml that was edited elsewhere", async () => {
    await edit(CONFIG, `# new\n${await text(CONFIG)}\n[analytics]\nenabled = false\n`);
    expect(await run("remove")).toBe(0);
    expect(await text(CONFIG)).toBe(`# new\n${SHOP[CONFIG]}\n[analytics]\nenabled = false\n`);
  });

  it("completes what was interrupted at any step", async () => {
    const start = await readFiles(root);
    const steps: string[] = [];
    await run("remove", { onStep: (step) => steps.push(step) });
    const whole = await readFiles(root);
    for (const last of steps) {
      await Deno.remove(root, { recursive: true });
      await writeFiles(root, start);
      await expect(run("remove", {
        onStep(step) {
          if (step === last) throw new Error("interrupted");
        },
      })).rejects.toThrow("interrupted");
      expect(await refused("init")).toMatch(/npm run remove was interrupted/);
      expect(await run("remove")).toBe(0);
      expect(await readFiles(root), last).toEqual(whole);
    }
  });

  it("can be followed by another init", async () => {
    await run("remove");
    expect(await run("init")).toBe(0);
    expect(migrationsOf(await readFiles(root)).slice(-3)).toEqual([
      "20400101000003_pipeline_remove.sql",
      "20400101000004_pipeline_schemas.sql",
      "20400101000005_pipeline_access.sql",
    ]);
    expect(await run("remove")).toBe(0);
    expect(await text(CONFIG)).toBe(SHOP[CONFIG]);
  });

  it("refuses a project without the pipeline", async () => {
    await run("remove");
    expect(await refused("remove")).toMatch(/does not have the pipeline\. There is nothing to remove/);
  });
});
