import { objectsOf } from "./conflicts.ts";
import type { PipelineRelease } from "./pipeline_release.ts";
import type { SqlObject } from "./sql_objects.ts";

/** The pipeline's secrets in Vault. */
export const VAULT_NAMES = "^pipeline_(functions_url|worker_secret|webhook_signing_secret|metrics_secret|endpoint_)";

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

/**
 * A migration that drops what the given migrations created, and nothing else. Extensions stay: other parts of the
 * project may use them.
 */
export function removalMigration(pipeline: Pick<PipelineRelease, "migrations" | "queues">): string {
  const objects = objectsOf(pipeline);
  const names = (kind: SqlObject["kind"]) => objects.filter((object) => object.kind === kind).map(({ name }) => name);
  const schemas = names("schema");
  const onForeignTables = (kind: "policy" | "trigger") =>
    names(kind).map((name) => /^(.*) on ([^.]+)\.(.+)$/.exec(name)!.slice(1))
      .filter(([, schema]) => !schemas.includes(schema))
      .map(([name, schema, table]) => `drop ${kind} if exists ${quoted(name)} on ${schema}.${table};`);
  const buckets = names("bucket").map(literal).join(", ");
  return `-- Removes the document pipeline: its schemas with all documents, jobs, chunks, events, costs and audit entries; its
-- queues, cron jobs, policies, triggers, role, bucket and secrets in Vault. Written by npm run remove. Extensions stay.

-- Files are not in the database: dropping the tables would leave them in Storage, with no record of whose they are.
do $$
begin
  if exists (select from storage.objects where bucket_id in (${buckets})) then
    raise exception 'Storage still holds files of the pipeline''s users.'
      using hint = 'Empty the bucket first: npx supabase storage rm --recursive ss:///files --linked --experimental';
  end if;
end $$;

${
    names("cron job").map(literal)
      .map((name) => `select cron.unschedule(${name}) from cron.job where jobname = ${name};`).join("\n")
  }

${[...onForeignTables("policy"), ...onForeignTables("trigger")].join("\n")}

select pgmq.drop_queue(queue_name) from pgmq.list_queues() where queue_name in (
  ${names("queue").map(literal).join(", ")});

${schemas.map((name) => `drop schema if exists ${quoted(name)} cascade;`).join("\n")}

-- An empty bucket is a row only. Hosted refuses statements on it unless this is set.
do $$
begin
  perform set_config('storage.allow_delete_query', 'true', true);
  delete from storage.buckets where id in (${buckets});
  perform set_config('storage.allow_delete_query', 'false', true);
end $$;

delete from vault.secrets where name ~ ${literal(VAULT_NAMES)};

-- Other databases of the same cluster may use the role.
do $$
begin
${names("role").map((name) => `  drop role if exists ${quoted(name)};`).join("\n")}
exception when dependent_objects_still_exist then
  raise notice '%', sqlerrm;
end $$;
`;
}
