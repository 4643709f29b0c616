import { isDeepStrictEqual } from "node:util";
import { exposedSchemas, mergeConfig, parseConfig, tableOf } from "./config_edits.ts";
import { type Conflict, findConflicts } from "./conflicts.ts";
import type { ChangePlan, PlannedWrite } from "./change_plan.ts";
import { ABOUT, FOLDER, type Manifest } from "../project/manifest.ts";
import { nameMigrations } from "./migration_names.ts";
import { type PipelineRelease, sha256 } from "./pipeline_release.ts";
import { CONFIG, filesBelow, FUNCTIONS, MIGRATIONS, type ProjectState } from "./project_state.ts";
import {
  dockerUrl,
  hostedUrl,
  IGNORED,
  IGNORED_TEXT,
  LOCAL_VAULT,
  missingSecrets,
  newSecrets,
  readSecretsText,
  SECRETS,
  secretsText,
  VAULT,
  vaultText,
} from "./secrets_file.ts";

export interface AdditionOptions {
  command: "init" | "upgrade";
  /** Also exposes the pipeline's schemas through the Data API. */
  exposeSchema?: boolean;
  projectRef?: string;
  /** Makes new secrets where this machine lacks the file. */
  newSecrets?: boolean;
  /** What a database says, if one was asked. */
  database?: { conflicts: Conflict[]; applied: string[] };
}

/** The schemas of the Data API: the one that users read, and the one of the operators' console. */
const SCHEMAS = ["upload_pipeline", "pipeline_console"];
/** Where new versions of edited files are put. */
const BESIDE = `${FOLDER}/new`;
const DENO_JSON = '{ "imports": {} }\n';

/** Plans what `npm run init` and `npm run upgrade` do. It reads only. */
export async function planAddition(
  project: ProjectState,
  release: PipelineRelease,
  options: AdditionOptions,
): Promise<ChangePlan> {
  const { manifest } = project;
  const isFirst = manifest === undefined;
  const isUnfinished = isFirst || manifest.unfinished !== undefined;
  const migrations = planMigrations(project, release, options, isUnfinished);
  const files = await planFiles(project, release);
  const config = planConfig(project, release, options);
  const secrets = await planSecrets(project, options, isUnfinished);
  const final: Manifest = {
    about: ABOUT,
    format: 1,
    release: release.version,
    build: release.build,
    migrations: migrations.entries,
    files: files.digests,
    config: config.recorded,
  };
  const journal: Manifest = {
    ...final,
    files: manifest?.files ?? files.digests,
    unfinished: options.command,
  };
  const writes = [...files.writes, ...migrations.writes, ...secrets.writes, ...config.writes];
  const hasChanged = isUnfinished || writes.length > 0 || files.removals.length > 0 ||
    !isDeepStrictEqual(final, manifest);
  return {
    writes,
    removals: files.removals,
    conflicts: [
      ...isFirst ? findConflicts(project, release) : [],
      ...isFirst ? options.database?.conflicts ?? [] : [],
      ...isFirst ? files.conflicts : [],
      ...isFirst ? config.conflicts : [],
      ...migrations.conflicts,
    ],
    kept: [...migrations.kept, ...files.kept, ...isFirst ? [] : config.kept],
    notes: [...secrets.notes, ...describeSettings(project)],
    ...hasChanged && { journal, final },
  };
}

function planMigrations(
  { manifest, migrations }: ProjectState,
  release: PipelineRelease,
  { database }: AdditionOptions,
  isUnfinished: boolean,
) {
  const known = new Map((manifest?.migrations ?? []).map((entry) => [entry.release, entry]));
  const present = new Map(migrations.map(({ name, sql }) => [name, sql]));
  const added = release.migrations.filter(({ name }) => !known.has(name));
  const names = nameMigrations(
    [...present.keys(), ...known.values().map(({ file }) => file), ...database?.applied ?? []],
    added.map(({ name }) => name),
  );
  const entries = [
    ...known.values(),
    ...added.map(({ name, sql }) => ({ release: name, file: names.get(name)!, sha256: sha256(sql) })),
  ];
  const sources = new Map(release.migrations.map(({ name, sql }) => [name, sql]));
  const writes: PlannedWrite[] = [];
  const kept: string[] = [];
  for (const entry of entries) {
    const path = `${MIGRATIONS}/${entry.file}`;
    const text = present.get(entry.file);
    const isNew = !known.has(entry.release);
    if (text === undefined && (isNew || isUnfinished)) {
      const sql = sources.get(entry.release);
      if (sql !== undefined) writes.push({ path, text: sql, does: "add" });
    } else if (text === undefined) kept.push(`${path} is missing, and stays so: if it was squashed, that is right`);
    else if (sha256(text) !== entry.sha256) kept.push(`${path} was edited`);
  }
  const edited = [...known.values()].filter(({ release: name, sha256: digest }) => {
    const sql = sources.get(name);
    return sql === undefined || sha256(sql) !== digest;
  });
  const conflicts = edited.map(({ release: name }) => ({
    sentence: sources.has(name)
      ? `the migration ${name} of ${manifest!.release} is another one in ${release.version}`
      : `${release.version} lacks the migration ${name} of ${manifest!.release}`,
    remedy:
      "An applied migration never changes, so this cannot be an upgrade. Use a released version of the pipeline, " +
      "or, where no database has the migrations yet: npm run remove -- … --unapplied, then npm run init.",
  }));
  return { entries, writes, kept, conflicts };
}

async function planFiles(project: ProjectState, release: PipelineRelease) {
  const { manifest } = project;
  const wanted = new Map<string, string>([
    [IGNORED, IGNORED_TEXT],
    ...release.functions.flatMap(({ name, code }): [string, string][] => [
      [`${FUNCTIONS}/${name}/deno.json`, DENO_JSON],
      [`${FUNCTIONS}/${name}/index.js`, code],
    ]),
  ]);
  const writes: PlannedWrite[] = [];
  const removals: string[] = [];
  const kept: string[] = [];
  const conflicts: Conflict[] = [];
  const beside = new Set<string>();
  for (const [path, text] of wanted) {
    const before = await project.read(path);
    const base = manifest?.files[path];
    if (before === text) continue;
    if (before === undefined) writes.push({ path, text, does: "add" });
    else if (sha256(before) === base) writes.push({ path, text, before, does: "update" });
    else if (base === undefined) {
      conflicts.push({
        sentence: `${path} exists, and is not the pipeline's`,
        remedy: "Move it away, then run the command again.",
      });
    } else {
      const copy = `${BESIDE}/${path.slice("supabase/".length)}`;
      beside.add(copy);
      const present = await project.read(copy);
      if (present !== text) writes.push({ path: copy, text, before: present, does: present ? "update" : "add" });
      kept.push(`${path} was edited; ${release.version}'s is ${copy}`);
    }
  }
  for (const [path, digest] of Object.entries(manifest?.files ?? {})) {
    if (wanted.has(path)) continue;
    const text = await project.read(path);
    if (text === undefined) continue;
    if (sha256(text) === digest) removals.push(path);
    else kept.push(`${path} was edited; ${release.version} has no such file`);
  }
  for (const path of await filesBelow(project.root, BESIDE)) if (!beside.has(path)) removals.push(path);
  const digests = Object.fromEntries([...wanted].map(([path, text]) => [path, sha256(text)]));
  return { writes, removals, kept, conflicts, digests };
}

function planConfig(project: ProjectState, release: PipelineRelease, { exposeSchema }: AdditionOptions) {
  const { config, manifest } = project;
  const schemas = exposeSchema ? SCHEMAS : [];
  const wanted = Object.fromEntries(
    release.functions.map(({ name }) => [name, { verify_jwt: false, entrypoint: `./functions/${name}/index.js` }]),
  );
  const merged = mergeConfig(config, { functions: wanted, schemas }, CONFIG);
  const writes: PlannedWrite[] = merged.text === config ? [] : [{
    path: CONFIG,
    text: merged.text,
    before: config,
    does: "insert",
    lines: merged.insertions.flatMap(({ text }) => text.trim().split(/\r?\n/)),
  }];
  // Of an interrupted command, only what it has written.
  const written = (manifest?.config.insertions ?? []).filter(({ text }) => config.includes(text));
  return {
    writes,
    conflicts: merged.differences.map((sentence) => ({
      sentence: `${CONFIG}: ${sentence}`,
      remedy: "Remove that section if it is left from an earlier installation, then run the command again.",
    })),
    kept: merged.differences.map((sentence) => `${CONFIG}: ${sentence}`),
    recorded: {
      functions: Object.keys(wanted),
      schemas: [...new Set([...manifest?.config.schemas ?? [], ...schemas])],
      insertions: [...written, ...merged.insertions],
    },
  };
}

async function planSecrets(project: ProjectState, options: AdditionOptions, isUnfinished: boolean) {
  const before = await project.read(SECRETS);
  if (before === undefined && !isUnfinished && !options.newSecrets) {
    return {
      writes: [],
      notes: [
        `${SECRETS} is not on this machine. Copy it from where it is kept; or --new-secrets makes new ones, which the functions and the database must then both get.`,
      ],
    };
  }
  const text = before ?? secretsText(newSecrets());
  const secrets = readSecretsText(text);
  const missing = missingSecrets(secrets, ["WEBHOOK_SIGNING_SECRET", "WORKER_SECRET"]);
  const writes: PlannedWrite[] = before === undefined ? [{ path: SECRETS, text, isSecret: true, does: "add" }] : [];
  if (missing.length > 0) {
    return { writes, notes: [`${SECRETS} lacks ${missing.join(" and ")}: openssl rand -hex 32 makes one`] };
  }
  const api = tableOf(parseConfig(project.config, CONFIG), "api");
  const port = typeof api?.port === "number" ? api.port : 54321;
  const stored = /https:\/\/([a-z]{20})\.supabase\.co/.exec(await project.read(VAULT) ?? "")?.[1];
  const targets = [
    [VAULT, hostedUrl(options.projectRef ?? stored ?? project.projectRef)],
    [LOCAL_VAULT, dockerUrl(port)],
  ] as const;
  for (const [path, url] of targets) {
    const present = await project.read(path);
    const wanted = vaultText(secrets, url);
    if (present === wanted) continue;
    writes.push({ path, text: wanted, before: present, isSecret: true, does: present ? "update" : "add" });
  }
  return { writes, notes: [] };
}

/** Settings of the project under which the pipeline, or a part of it, does not work. */
function describeSettings({ config, schemas, migrations, manifest }: ProjectState): string[] {
  const tables = parseConfig(config, CONFIG);
  const section = (name: string) => tableOf(tables, name) ?? {};
  const size = /^(\d+)\s*([KMG]?)i?B?$/i.exec(String(section("storage").file_size_limit ?? "50MiB"));
  const megabytes = size
    ? Number(size[1]) * ({ "": 1e-6, K: 1e-3, M: 1, G: 1e3 }[size[2].toUpperCase()] ?? 1)
    : Infinity;
  const ours = new Set(manifest?.migrations.map(({ file }) => file));
  const topics = migrations.filter(({ name, sql }) =>
    !ours.has(name) && /\brealtime\./i.test(sql) && sql.includes("'user:")
  );
  const unexposed = SCHEMAS.filter((schema) => !exposedSchemas(tables).includes(schema));
  return [
    ...topics.map(({ name }) =>
      `${MIGRATIONS}/${name} names Realtime topics that begin with user: the pipeline lets a user receive user:<their id>, ` +
      "which no client may send to."
    ),
    ...unexposed.length === 0 ? [] : [
      `The Data API does not expose ${
        unexposed.join(" and ")
      }: the client polls the API instead, and the console has no operators' screens. --expose-schema adds it to ${CONFIG}.`,
    ],
    ...megabytes < 25
      ? [
        `[storage] file_size_limit is ${
          section("storage").file_size_limit
        }; larger documents are refused (the pipeline's own limit is 25 MB).`,
      ]
      : [],
    ...section("edge_runtime").enabled === false
      ? ["[edge_runtime] is disabled: supabase start runs no functions."]
      : [],
    ...Number(section("db").major_version ?? 17) < 15
      ? ["[db] major_version is below 15, which the pipeline needs."]
      : [],
    ...schemas.length > 0
      ? [
        "supabase/schemas is declarative: name your own schemas in supabase db diff --schema, or it would drop the pipeline's.",
      ]
      : [],
  ];
}
