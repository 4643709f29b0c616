import {
  type FailureCode,
  FAILURES,
  mendedBy,
  operatorRemedy,
} from "../../../supabase/functions/_shared/error_codes.ts";
import type { Product } from "./product.ts";
import { migrationFor } from "./migration.ts";

/** The migration with the class of each failure, for metrics and refusals, and with who mends it, for explanations. */
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

create view pipeline_internal.failure_remedies (code, mended_by, remedy) as values
${remedies()};
comment on view pipeline_internal.failure_remedies is
  'Who mends a failure for good, owner or operator, and what that one does. Where a code is missing, an operator has '
  'nothing to do but to find its cause, and to redrive.';
revoke all on pipeline_internal.failure_remedies from public, anon, authenticated, service_role;
`,
  );
}

/** A row for each failure that has a remedy of its own, as a part of a sentence. */
function remedies(): string {
  return (Object.keys(FAILURES) as FailureCode[]).sort().flatMap((code) => {
    const who = mendedBy(code);
    const remedy = who === "owner" ? FAILURES[code].remedy : operatorRemedy(code);
    if (!remedy) return [];
    const part = remedy.charAt(0).toLowerCase() + remedy.slice(1).replace(/\.$/, "");
    return [`  ('${code}', '${who}', '${part.replaceAll("'", "''")}')`];
  }).join(",\n");
}

function codesOf(wanted: string): string {
  return Object.entries(FAILURES)
    .filter((entry) => entry[1].class === wanted)
    .map(([code]) => `      '${code}'`).sort().join(",\n");
}
