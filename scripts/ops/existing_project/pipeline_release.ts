import { createHash } from "node:crypto";
import { buildFunctions } from "../../dev/build/build_functions.ts";
import { digestOf, entrypointsOf } from "../../dev/build/built_functions.mjs";
import { STAGES } from "../../../supabase/functions/_shared/vocabulary.ts";
import { readMigrations } from "../project/release.ts";

/** What a release of the pipeline puts into a project. */
export interface PipelineRelease {
  version: string;
  /** The digest of the functions' sources. */
  build: string;
  /** The queues, each of which has the name of a stage. */
  queues: string[];
  /** In order. */
  migrations: { name: string; sql: string }[];
  /** The built functions. */
  functions: { name: string; code: string }[];
}

/**
 * The release that a checkout holds, with its functions built.
 * @throws {ErrorWithRemedy} if a function cannot be built
 */
export async function readRelease(source: string): Promise<PipelineRelease> {
  await buildFunctions(source);
  const [{ version }, migrations] = await Promise.all([
    Deno.readTextFile(`${source}/package.json`).then((text) => JSON.parse(text)),
    readMigrations(source),
  ]);
  const functions = await Promise.all(
    Object.entries(entrypointsOf(source)).sort().map(async ([name, path]) => ({
      name,
      code: await Deno.readTextFile(`${source}/${path}`),
    })),
  );
  return {
    version,
    build: digestOf(source),
    queues: [...STAGES],
    migrations: migrations.map(({ name, sql }) => ({ name, sql })),
    functions,
  };
}

export function sha256(text: string | Uint8Array): string {
  return createHash("sha256").update(text).digest("hex");
}
