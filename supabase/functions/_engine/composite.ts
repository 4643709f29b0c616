import type { Database } from "../_shared/database.types.ts";

type Composites = Database["pipeline_internal"]["CompositeTypes"];

/**
 * A composite type of the database as JSON encodes it, which is how rows of such types cross between TypeScript and
 * SQL: `jsonb_populate_recordset` reads them, and what is left out is null; `to_jsonb` writes them.
 */
export type Composite<Name extends keyof Composites> = Composites[Name];
