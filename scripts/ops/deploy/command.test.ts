import { putSecrets } from "../../platform/stack/vault.ts";
import { stringify } from "smol-toml";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inspectUpload } from "../rehearse/inspect_upload.ts";
import { type RehearsalPlatform, startRehearsalPlatform } from "../rehearse/platform.ts";
import { become, copyRelease, tag } from "../rehearse/published_releases.ts";
import { VERSION } from "../../../supabase/functions/api/version.ts";
import { connect } from "../project/database.ts";
import { REPOSITORY } from "../../dev/repository.ts";

const OAUTH_GOOGLE_SECRET = "of-google-and-this-environment";
const NETWORKS = ["203.0.113.0/24", "2001:db8:1::/48"];
/** Sorts after every migration of the project. */
const PRIVILEGED = "supabase/migrations/99990101000000_privileged.sql";

let platform: RehearsalPlatform;
/** An operator's folder: a checkout, the environments and their secrets. */
let folder: string;

beforeAll(async () => {
  platform = await startRehearsalPlatform();
  folder = await Deno.makeTempDir();
  await copyRelease(folder);
  const { environment, secrets, cli } = platform;
  await Deno.writeTextFile(
    `${folder}/supabase/environments.toml`,
    stringify({
      staging: {
        project_ref: environment.projectRef,
        url: environment.url,
        site_url: environment.siteUrl,
        plan: environment.plan,
        database_networks: NETWORKS,
        redirect_urls: ["https://staging.example.com/callback"],
        oauth: { google: { client_id: "google-client" } },
        settings: {
          ...environment.settings,
          CORS_ORIGINS: "https://staging.example.com",
        },
      },
      production: {
        project_ref: platform.neighbour.ref,
        site_url: "https://app.example.com",
      },
    }),
  );
  const values = {
    ...secrets.functions,
    OAUTH_GOOGLE_SECRET,
    SUPABASE_DB_PASSWORD: secrets.databasePassword!,
    SUPABASE_ACCESS_TOKEN: secrets.accessToken!,
  };
  await Deno.writeTextFile(
    `${folder}/.env.staging`,
    Object.entries(values).map(([name, value]) => `${name}=${value}\n`).join(
      "",
    ),
    { mode: 0o600 },
  );
  await Deno.mkdir(`${folder}/home`);
  await Deno.writeTextFile(
    `${folder}/profile.yaml`,
    await Deno.readTextFile(cli.profile!),
  );
}, 240_000);

afterAll(async () => {
  await platform?.[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
});

/**
 * Runs `npm run <command>` as the operator, with a profile that names this machine's Management API.
 * @param onOutput receives the operator's output as it grows
 */
async function follow(
  onOutput: (out: string) => Promise<void> | void,
  command: string,
  ...args: string[]
) {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", `${REPOSITORY}/scripts/ops/${command}/main.ts`],
      ...["--settings", folder, "--source", folder, ...args],
    ],
    env: {
      SUPABASE_PROFILE: `${folder}/profile.yaml`,
      HOME: `${folder}/home`,
      NO_COLOR: "1",
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const err = new Response(child.stderr).text();
  let out = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    out += text;
    await onOutput(out);
  }
  return { code: (await child.status).code, out, err: await err };
}

const run = (command: string, ...args: string[]) => follow(() => {}, command, ...args);
const deploy = (...args: string[]) => run("deploy", ...args);
const toStaging = ["--project", "staging"];
const watching = ["--watch", "5", "--look-every", "1"];

function changesAsked(): string[] {
  return platform.api.requests.filter((request) => !request.startsWith("GET "));
}

async function migrationsApplied(): Promise<number> {
  const sql = connect(platform.stack.databaseUrl);
  try {
    const [{ exists }] = await sql`
      select to_regclass('supabase_migrations.schema_migrations') is not null as exists`;
    if (!exists) return 0;
    const [{ count }] = await sql`
      select count(*)::int from supabase_migrations.schema_migrations`;
    return count;
  } finally {
    await sql.end();
  }
}

test("distinguishes an invalid command line from an unknown project", async () => {
  expect(await deploy("--projekt", "x")).toMatchObject({ code: 2 });
  const unknown = await deploy("--project", "nowhere");
  expect(unknown.code).toBe(1);
  expect(unknown.err).toMatch(/nowhere[\s\S]*staging[\s\S]*production/);
});

test(
  "a dry run and an unconfirmed run show the plan and change nothing",
  async () => {
    const dry = await deploy(...toStaging, "--dry-run");
    expect(dry).toMatchObject({ code: 0, err: "" });
    expect(dry.out).toMatch(/apply 20\d+_extensions\.sql/);
    expect(dry.out).toMatch(/set WORKER_SECRET/);
    expect(dry.out).toMatch(/set api\.schemas to .*"upload_pipeline".*"pipeline_console"/);
    expect(dry.out).toMatch(/deploy worker of version/);
    expect(dry.out).toMatch(/set auth\.external\.google\.enabled to true/);
    expect(dry.out).not.toContain(OAUTH_GOOGLE_SECRET);
    expect(dry.out).toMatch(/refuse connections without TLS/);
    expect(dry.out).toMatch(
      /allow only 203\.0\.113\.0\/24, 2001:db8:1::\/48/,
    );
    for (const secret of Object.values(platform.secrets.functions)) {
      expect(dry.out).not.toContain(secret);
    }

    const unconfirmed = await deploy(...toStaging);
    expect(unconfirmed.code).toBe(1);
    expect(unconfirmed.err).toMatch(/--yes/);

    expect(changesAsked()).toEqual([]);
    expect(await migrationsApplied()).toBe(0);
  },
  180_000,
);

test(
  "stops at a privileged statement in a migration, and reports the finished steps",
  async () => {
    await Deno.writeTextFile(
      `${folder}/${PRIVILEGED}`,
      "alter system set work_mem = '1GB';\n",
    );
    const failed = await deploy(...toStaging, "--yes");
    expect(failed.code).toBe(1);
    expect(failed.err).toMatch(/permission denied[\s\S]*work_mem/);
    expect(failed.err).toMatch(/Done: nothing\./);
    expect(failed.err).toMatch(
      /Not done: Apply the migrations; Set the functions' secrets.*; Deploy the functions/,
    );
    expect(failed.err).toMatch(/run the same command again/);
    expect(changesAsked()).toEqual([]);
  },
  180_000,
);

test(
  "continues to a live pipeline when the command is repeated after a correction",
  async () => {
    await Deno.remove(`${folder}/${PRIVILEGED}`);
    const { code, out, err } = await deploy(...toStaging, "--yes");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/webhook round trip +a signed callback arrived/);
    expect(out).toMatch(/searchable after [\d.]+ s; deleted again/);

    const { project, secrets, environment } = platform;
    expect(
      [...project.functions.values()].map(({ upload }) => [
        upload.slug,
        upload.metadata.verify_jwt,
        upload.files.map(({ path }) => path),
      ]).sort(),
    ).toEqual(
      ["api", "isolation", "webhook", "worker"].map((name) => [
        name,
        false,
        [`supabase/functions/_built/${VERSION}/${name}.js`],
      ]),
    );
    for (const { upload } of project.functions.values()) {
      expect(await inspectUpload(upload)).toEqual([]);
    }
    expect(Object.fromEntries(project.secrets)).toEqual({
      ...secrets.functions,
      ...environment.settings,
      CORS_ORIGINS: "https://staging.example.com",
      UPLOAD_PIPELINE_ENVIRONMENT: "staging",
      UPLOAD_PIPELINE_STORAGE_ENVIRONMENT: "staging",
    });
    expect(project.access).toEqual({
      sslEnforced: true,
      networks: {
        dbAllowedCidrs: NETWORKS.slice(0, 1),
        dbAllowedCidrsV6: NETWORKS.slice(1),
      },
    });
    expect(project.config.api.db_schema).toBe("public,upload_pipeline,pipeline_console");
    // Neither this machine's URL nor unconfirmed sign-ups reach a hosted project.
    expect(project.config.auth).toMatchObject({
      site_url: environment.siteUrl,
      mailer_autoconfirm: false,
      external_google_enabled: true,
      external_google_client_id: "google-client",
      external_google_secret: OAUTH_GOOGLE_SECRET,
      uri_allow_list: "https://staging.example.com/callback",
      mfa_totp_verify_enabled: true,
      mailer_secure_email_change_enabled: true,
      password_min_length: 8,
      security_update_password_require_current_password: true,
      security_update_password_require_reauthentication: true,
      security_sb_forwarded_for_enabled: true,
    });
    expect(await leftBehind()).toEqual({ users: 0, documents: 0, objects: 0 });
  },
  120_000,
);

/** Expects that the smoke document, its user and its file are gone; the cleanup removes the file later. */
async function leftBehind() {
  const sql = connect(platform.stack.databaseUrl);
  try {
    for (const deadline = Date.now() + 90_000;;) {
      const [left] = await sql`
        select (select count(*)::int from auth.users) as users,
               (select count(*)::int from upload_pipeline.documents) as documents,
               (select count(*)::int from storage.objects) as objects`;
      if (left.objects === 0 || Date.now() > deadline) return left;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  } finally {
    await sql.end();
  }
}

test("the doctor finds every requirement met", async () => {
  const { code, out } = await run(
    "doctor",
    ...[...toStaging, "--round-trips", "--json"],
  );
  const findings: { status: string }[] = JSON.parse(out);
  expect(findings.filter(({ status }) => status !== "met")).toEqual([]);
  expect(code).toBe(0);
}, 180_000);

/** The path of a migration by its position, with its content for restoring it. */
async function migration(place: number) {
  const folderOfAll = `${folder}/supabase/migrations`;
  const names = [...Deno.readDirSync(folderOfAll)].map(({ name }) => name);
  const path = `${folderOfAll}/${names.sort()[place]}`;
  return { path, text: await Deno.readTextFile(path) };
}

test(
  "a second deployment changes nothing: it ignores comments, and keeps a secret that was rotated since",
  async () => {
    const { path, text } = await migration(0);
    const sql = connect(platform.stack.databaseUrl);
    const { project, secrets } = platform;
    const given = secrets.functions.WORKER_SECRET;
    const rotated = "a-worker-secret-that-came-by-rotation";
    try {
      await Deno.writeTextFile(path, `${text}\n-- It says what it said.\n`);
      await putSecrets(sql, { pipeline_worker_secret: rotated });
      project.secrets.set("WORKER_SECRET", rotated);
      const { code, out } = await deploy(...toStaging, "--dry-run");
      expect(code).toBe(0);
      expect(out).toMatch(/WORKER_SECRET keeps its value from Vault/);
      expect(out).not.toMatch(/- (apply|set|refuse|allow) /);
    } finally {
      await Deno.writeTextFile(path, text);
      await putSecrets(sql, { pipeline_worker_secret: given });
      project.secrets.set("WORKER_SECRET", given);
      await sql.end();
    }
  },
  180_000,
);

test(
  "refuses an edited migration, a missing one, and another environment's secret",
  async () => {
    const [first, second] = [await migration(0), await migration(1)];
    const before = changesAsked().length;
    await Deno.writeTextFile(first.path, `${first.text}\nselect 1;\n`);
    await Deno.remove(second.path);
    const { WORKER_SECRET } = platform.secrets.functions;
    platform.neighbour.secrets.set("WORKER_SECRET", WORKER_SECRET);
    const refused = await deploy(...toStaging, "--yes");
    platform.neighbour.secrets.clear();
    await Deno.writeTextFile(first.path, first.text);
    await Deno.writeTextFile(second.path, second.text);
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(
      /extensions\.sql differs from the applied migration/,
    );
    expect(refused.err).toMatch(/which this release lacks/);
    expect(refused.err).toMatch(/WORKER_SECRET is the same on production's/);
    expect(changesAsked().length).toBe(before);
  },
  180_000,
);

/** The folder's release, as when it is published. */
async function publish(version: string, changes: Record<string, string> = {}) {
  await become(folder, version, changes);
  await tag(folder, version);
}

const ADDED = "supabase/migrations/99990102000000_added.sql";

/** Health checks call no provider without a document; the next document closes the circuit. */
async function openCircuit(): Promise<void> {
  const sql = connect(platform.stack.databaseUrl);
  try {
    await sql`
      update pipeline_internal.providers set opened_at = now(), probe_at = now() where provider = 'openai'`;
  } finally {
    await sql.end();
  }
}

test(
  "a release's functions run on the next release's schema",
  async () => {
    await publish("0.1.0");
    await publish("0.2.0", {
      [ADDED]: "alter table upload_pipeline.documents add column note text not null default '';\n",
    });
    const forward = await follow(
      (out) => out.includes("Watching") ? openCircuit() : undefined,
      ...["deploy", ...toStaging, "--yes", ...watching] as const,
    );
    expect(forward.out).toMatch(/apply 99990102000000_added\.sql/);
    expect(forward.out).toMatch(/version 0\.2\.0 on migration 99990102000000/);
    expect(forward.out).toMatch(/0\.2\.0 is live[\s\S]*✗ down: openai/);
    expect(forward.err).toMatch(
      /Roll this release back[\s\S]*npm run rollback -- --project staging --to/,
    );
    expect(forward.code).toBe(1);

    const back = await run("rollback", ...toStaging, "--to", "0.1.0", "--yes");
    expect(back).toMatchObject({ code: 0, err: "" });
    expect(back.out).toMatch(/version 0\.1\.0 answers/);
    expect(back.out).toMatch(/searchable after [\d.]+ s; deleted again/);
  },
  240_000,
);

test(
  "watches a release, keeps it while it is healthy, and rolls back with a reason when it is not",
  async () => {
    const rollback = (...args: string[]) => run("rollback", ...toStaging, "--to", "0.1.0", ...args);
    const before = changesAsked().length;
    const unconfirmed = await rollback(...watching);
    expect(unconfirmed.code).toBe(1);
    expect(unconfirmed.out).not.toMatch(/Watching/);

    const stays = await rollback("--watch", "0.01", "--yes");
    expect(stays).toMatchObject({ code: 0, err: "" });
    expect(stays.out).toMatch(/Watching[\s\S]*Within all thresholds/);
    expect(changesAsked().length).toBe(before);

    await openCircuit();
    const goes = await rollback(...watching, "--yes");
    expect(goes).toMatchObject({ code: 3, err: "" });
    expect(goes.out).toMatch(/✗ down: openai[\s\S]*version 0\.1\.0 answers/);
    expect(goes.out).toMatch(/staging runs version 0\.1\.0 again/);
  },
  240_000,
);

test(
  "refuses to roll back to functions that the schema no longer serves, or that were never released",
  async () => {
    const rollback = (...args: string[]) => run("rollback", ...toStaging, "--yes", ...args);
    const before = changesAsked().length;
    const unknown = await rollback("--to", "0.0.9");
    expect(unknown.code).toBe(1);
    expect(unknown.err).toMatch(
      /Unknown release: 0\.0\.9[\s\S]*0\.2\.0, 0\.1\.0/,
    );

    await publish("0.3.0", {
      "package.json": JSON.stringify({
        version: "0.3.0",
        pipeline: { schemaServesFunctionsSince: "0.2.0" },
      }),
    });
    const tooOld = await rollback("--to", "0.1.0");
    expect(tooOld.code).toBe(1);
    expect(tooOld.err).toMatch(/serves functions from 0\.2\.0 on/);

    await Deno.remove(`${folder}/${ADDED}`);
    const foreign = await rollback("--to", "0.2.0");
    expect(foreign.code).toBe(1);
    expect(foreign.err).toMatch(
      /does not know the database's schema/,
    );
    expect(changesAsked().length).toBe(before);
  },
  180_000,
);
