/**
 * The index of the stages, in the order in which a document passes through them. Each stage has a pgmq queue and a row in
 * `pipeline_internal.stages` of the same name, and is in two files: TypeScript does the work outside the database and
 * returns the stage's output; SQL has the stage's row, the output's composite type and `complete_<stage>`, which writes
 * it. `docs/add-a-stage.md` adds one.
 *
 * | stage          | TypeScript        | SQL, in `supabase/migrations`     |
 * | -------------- | ----------------- | --------------------------------- |
 * | `parse`        | `parse.ts`        | `20261123001200_parse.sql`        |
 * | `fetch_result` | `fetch_result.ts` | `20261123001210_fetch_result.sql` |
 * | `chunk`        | `chunk.ts`        | `20261123001300_chunk.sql`        |
 * | `embed`        | `embed.ts`        | `20261123001310_embed.sql`        |
 *
 * `scripts/generate` writes from this list what switches on the stage. `worker/compose.ts` creates the stages and gives
 * them what they work with. This file imports nothing, so that operators' commands can read the list without loading the
 * stages.
 */
export const STAGES = ["parse", "fetch_result", "chunk", "embed"] as const;
export type StageName = typeof STAGES[number];
