import { FAILURES } from "../../../supabase/functions/_shared/error_codes.ts";
import type { Product } from "./product.ts";
import { migrationFor } from "./migration.ts";

/** The migration with `pipeline_internal.error_class`: the class of each failure, for metrics and refusals. */
export async function errorClassMigration(): Promise<Product> {
  return await migrationFor(
    "error_class",
    `-- Written by npm run generate from supabase/functions/_shared/error_codes.ts.

create or replace function pipeline_internal.error_class(p_code text) returns text
language sql immutable parallel safe set search_path = '' as $$
  select case
    when p_code in (
${codesOf("document")}) then 'document'
    when p_code in (
${codesOf("provider")}) then 'provider'
    else 'pipeline' end
$$;
comment on function pipeline_internal.error_class is
  'The error class of a code: what the failure says something about. document: only another file helps. provider: '
  'LlamaParse or OpenAI. pipeline: the pipeline, and every unknown code.';
revoke execute on function pipeline_internal.error_class from public, anon, authenticated, service_role;
`,
  );
}

function codesOf(wanted: string): string {
  return Object.entries(FAILURES)
    .filter((entry) => entry[1].class === wanted)
    .map(([code]) => `      '${code}'`).sort().join(",\n");
}
