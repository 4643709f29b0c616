/**
 * The index of the stages, in the order in which a document passes through them. Each stage has a pgmq queue and a row in
 * `pipeline_internal.stages` of the same name. What else belongs to a stage:
 *
 * | stage          | TypeScript        | SQL: applies the output of a settled attempt                     |
 * | -------------- | ----------------- | ---------------------------------------------------------------- |
 * | `parse`        | `parse.ts`        | `apply_parse` in `migrations/20261123001200_parsing.sql`         |
 * | `fetch_result` | `fetch_result.ts` | `apply_fetch_result` in `migrations/20261123001200_parsing.sql`  |
 * | `chunk`        | `chunk.ts`        | `apply_chunk` in `migrations/20261123001300_chunking.sql`        |
 * | `embed`        | `embed.ts`        | `apply_embed` in `migrations/20261123001300_chunking.sql`        |
 *
 * The rows (statuses, next stage, attempts, leases, concurrency) are in `migrations/20261123000300_vocabulary.sql`.
 * `worker/compose.ts` creates the stages and gives them what they work with. This file loads no stage, so that operators'
 * commands can read the list.
 */
export { type StageName, STAGES } from "../_shared/vocabulary.ts";
