/**
 * The index of the stages, in the order in which a document passes through them. Each stage has a pgmq queue and a row in
 * `pipeline_internal.stages` of the same name, and is in two files: TypeScript does the work outside the database and
 * returns the stage's output; SQL has the stage's row, the output's composite type `<stage>_output` and
 * `complete_<stage>`, which writes it. `docs/add-a-stage.md` adds one.
 *
 * | stage          | TypeScript        | SQL, in `supabase/migrations`     |
 * | -------------- | ----------------- | --------------------------------- |
 * | `parse`        | `parse.ts`        | `20261123001200_parse.sql`        |
 * | `fetch_result` | `fetch_result.ts` | `20261123001210_fetch_result.sql` |
 * | `chunk`        | `chunk.ts`        | `20261123001300_chunk.sql`        |
 * | `embed`        | `embed.ts`        | `20261123001310_embed.sql`        |
 *
 * `npm run generate` writes the list, and the SQL that switches on the stage, from the migrations. `worker/compose.ts`
 * creates the stages and gives them what they work with. This file loads no stage, so that operators' commands can read
 * the list.
 */
export { type StageName, STAGES } from "../_shared/vocabulary.ts";
