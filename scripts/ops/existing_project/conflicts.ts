import { parseConfig, tableOf } from "./config_edits.ts";
import { CONFIG, FUNCTIONS, MIGRATIONS, type ProjectState } from "./project_state.ts";
import { findObjects, keyOf, type SqlObject } from "./sql_objects.ts";
import type { PipelineRelease } from "./pipeline_release.ts";

/** Something of the project that the pipeline would collide with. */
export interface Conflict {
  sentence: string;
  remedy: string;
}

/** Extensions that the migrations use by their schema. */
const IN_EXTENSIONS = ["vector", "fuzzystrmatch", "pgcrypto", "uuid-ossp"];

/** What a release creates in a database, its queues included, and the extensions that must be in `extensions`. */
export function objectsOf({ migrations, queues }: Pick<PipelineRelease, "migrations" | "queues">): SqlObject[] {
  return [
    ...findObjects(migrations).filter(({ kind }) => kind !== "extension"),
    ...queues.map((name) => ({ kind: "queue", name }) as const),
  ];
}

/** What the files of a project have that the pipeline needs for itself. */
export function findConflicts(project: ProjectState, release: PipelineRelease): Conflict[] {
  const files = [
    ...project.migrations.map(({ name, sql }) => ({ name: `${MIGRATIONS}/${name}`, sql })),
    ...project.schemas.map(({ name, sql }) => ({ name: `supabase/schemas/${name}`, sql })),
  ];
  const theirs = findObjects(files);
  const found = new Map(theirs.map((object) => [keyOf(object), object]));
  const buckets = tableOf(tableOf(parseConfig(project.config, CONFIG), "storage") ?? {}, "buckets") ?? {};
  return [
    ...functionConflicts(project, release),
    ...objectsOf(release).flatMap((object) => {
      const { file } = found.get(keyOf(object)) ?? {};
      if (file) return [clash(object, file)];
      return object.kind === "bucket" && Object.hasOwn(buckets, object.name) ? [clash(object, CONFIG)] : [];
    }),
    ...theirs.filter(({ kind, name, schema }) =>
      kind === "extension" && IN_EXTENSIONS.includes(name) && schema !== "extensions"
    ).map(({ name, schema, file }) => misplaced(name, schema!, file)),
  ];
}

function functionConflicts({ functions }: ProjectState, release: PipelineRelease): Conflict[] {
  return release.functions.flatMap(({ name }) => {
    // Some file systems tell no letter's case apart.
    const same = functions.find((each) => each.toLowerCase() === name.toLowerCase());
    return same
      ? [{
        sentence: `${FUNCTIONS}/${same} exists; the pipeline has a function ${name}, whose address its API needs`,
        remedy: `Rename your function, or give the pipeline a Supabase project of its own.`,
      }]
      : [];
  });
}

export function clash(object: SqlObject, where: string): Conflict {
  return {
    sentence: `${where} creates the ${object.kind} ${object.name}, which the pipeline creates too`,
    remedy: object.kind === "schema"
      ? "If it is an earlier installation of the pipeline, restore supabase/document-pipeline/manifest.json from your history. Otherwise rename the schema."
      : `Rename your ${object.kind} in a migration of your own, or give the pipeline a Supabase project of its own.`,
  };
}

export function misplaced(name: string, schema: string, where: string): Conflict {
  return {
    sentence: `${where} has the extension ${name} in the schema ${schema}; the pipeline needs it in extensions`,
    remedy: `Move it in a migration of your own: alter extension "${name}" set schema extensions;`,
  };
}
