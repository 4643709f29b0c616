import { done, type Stage } from "../../../../supabase/functions/_engine/stage.ts";
import type { StageName } from "../../../../supabase/functions/_stages/index.ts";
import type { Reporter } from "../reporter.ts";

/** The stages that a measured document passes, in order: step 1, 2 and 3. */
export const STEP_STAGES = ["fetch_result", "chunk", "embed"] as const;
export type StepStage = typeof STEP_STAGES[number];

export const SLEEP_PREFIX = "sleep ";

/**
 * The pipeline's stages without their work: they call no provider and read and store nothing, but the stage transition
 * is real, with status, events and next message. A document with the correlation id `sleep <ms>` takes that long.
 */
export function createNoopStages(
  reporter: Reporter,
): Record<StageName, Stage> {
  const noop = (name: StepStage): Stage => ({
    name,
    async run(job) {
      reporter.started(job.documentId, STEP_STAGES.indexOf(name) + 1);
      if (job.correlationId?.startsWith(SLEEP_PREFIX)) {
        const ms = Number(job.correlationId.slice(SLEEP_PREFIX.length));
        await new Promise((resolve) => setTimeout(resolve, ms));
      }
      return done();
    },
  });
  return {
    parse: {
      name: "parse",
      run: () => Promise.reject(new Error("no measurement begins at parse")),
    },
    fetch_result: noop("fetch_result"),
    chunk: noop("chunk"),
    embed: noop("embed"),
  };
}
