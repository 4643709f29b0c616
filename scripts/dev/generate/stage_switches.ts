import { migrationFor } from "./migration.ts";
import type { Product } from "./product.ts";
import { REPOSITORY } from "../repository.ts";

const MIGRATIONS = "supabase/migrations";

/** The statements that the engine runs on a queue's table. pgmq plans its own dynamic SQL at each call. */
const QUEUE_FUNCTIONS = [
  {
    name: "send_messages",
    parameters: "p_stage text, p_job_ids uuid[], p_delays int[]",
    returns: "table (msg_id bigint, job_id uuid, vt timestamptz)",
    comment: "Sends a message for each job, due after so many seconds.",
    statement: (queue: string) => `
      insert into ${queue} as q (vt, message)
      select clock_timestamp() + make_interval(secs => sent.delay), jsonb_build_object('job_id', sent.job_id)
      from unnest($2, $3) sent (job_id, delay)
      returning q.msg_id, (q.message ->> 'job_id')::uuid, q.vt`,
  },
  {
    name: "read_messages",
    parameters: "p_stage text, p_count int, p_lease_seconds real",
    returns: "table (msg_id bigint, read_ct int, job_id uuid)",
    comment:
      "Leases up to p_count due messages, oldest first: hides them for p_lease_seconds and increments read_ct. " +
      "Passes over messages that another transaction has locked.",
    statement: (queue: string) => `
      update ${queue} q set vt = clock_timestamp() + make_interval(secs => $3), read_ct = q.read_ct + 1
      where q.msg_id = any (array(
        select due.msg_id from ${queue} due where due.vt <= clock_timestamp()
        order by due.msg_id limit $2 for update skip locked))
      returning q.msg_id, q.read_ct, (q.message ->> 'job_id')::uuid`,
  },
  {
    name: "lock_messages",
    parameters: "p_stage text, p_msg_ids bigint[]",
    returns: "table (msg_id bigint, read_ct int)",
    comment:
      "Locks messages in the order of their ids and returns how often each was read. Leaves out deleted messages.",
    statement: (queue: string) => `
      select q.msg_id, q.read_ct from ${queue} q where q.msg_id = any ($2) order by q.msg_id for update`,
  },
  {
    name: "postpone_messages",
    parameters: "p_stage text, p_msg_ids bigint[], p_vt timestamptz",
    returns: "setof bigint",
    comment: "Makes messages due at this time.",
    statement: (queue: string) => `
      update ${queue} q set vt = $3 where q.msg_id = any ($2) returning q.msg_id`,
  },
  {
    name: "delete_messages",
    parameters: "p_stage text, p_msg_ids bigint[]",
    returns: "setof bigint",
    comment: "Deletes messages, whichever worker leases them. The caller holds the fence.",
    statement: (queue: string) => `
      delete from ${queue} q where q.msg_id = any ($2) returning q.msg_id`,
  },
  {
    name: "due_message",
    parameters: "p_stage text",
    returns: "setof bigint",
    comment: "One of the due messages, if there is any.",
    statement: (queue: string) => `
      select q.msg_id from ${queue} q where q.vt <= clock_timestamp() limit 1`,
  },
];

const HEAD = `-- Written by npm run generate from the other migrations. Change those, not this file.
--
-- The functions that switch on the stage. A session keeps a plan for each queue, which pgmq's own functions do not: they
-- build their statement at each call, and planning it takes longer than running it. A stage that is not listed runs the
-- same statement as dynamic SQL. A queue may be empty when it is planned for and hold a million messages a second later,
-- so every plan uses the indexes.
`;

interface SwitchedStage {
  name: string;
  /**
   * Whether there is a type `<stage>_output`, which `complete_<stage>` takes.
   */
  hasOutput: boolean;
}

/** The migration that holds what switches on the stage: the statements on the queues, and how each stage completes. */
export async function stageSwitches(): Promise<Product> {
  const names = [];
  for await (const { name } of Deno.readDir(`${REPOSITORY}/${MIGRATIONS}`)) {
    if (name.endsWith(".sql")) names.push(name);
  }
  names.sort();
  const texts = await Promise.all(
    names.map((name) => Deno.readTextFile(`${REPOSITORY}/${MIGRATIONS}/${name}`)),
  );
  return await migrationFor(
    "stage_switches",
    switchesFor(stagesOf(texts.join("\n"))),
  );
}

/** The stages whose rows the migrations insert, one a statement. */
function stagesOf(migrations: string): SwitchedStage[] {
  const inserted = migrations.matchAll(
    /^insert into pipeline_internal\.stages \([^)]*\) values \(\s*'(\w+)'/gm,
  );
  return Array.from(inserted, ([, name]) => ({
    name,
    hasOutput: migrations.includes(
      `create type pipeline_internal.${name}_output as (`,
    ),
  }));
}

function switchesFor(stages: readonly SwitchedStage[]): string {
  const names = stages.map(({ name }) => name);
  return [
    HEAD,
    completeStage(stages),
    ...QUEUE_FUNCTIONS.map((each) => queueFunction(each, names)),
  ].join("\n");
}

function completeStage(stages: readonly SwitchedStage[]): string {
  const cases = stages.map(({ name, hasOutput }) => {
    const output = hasOutput
      ? `
        p_job, jsonb_populate_record(null::pipeline_internal.${name}_output, p_output)`
      : "p_job";
    return `    when '${name}' then
      return pipeline_internal.complete_${name}(${output});`;
  });
  return `create or replace function pipeline_internal.complete_stage(p_job upload_pipeline.upload_jobs, p_output jsonb)
returns double precision
language plpgsql set search_path = '' as $$
begin
  case p_job.stage
${cases.join("\n")}
    else
      return 0;
  end case;
end $$;
comment on function pipeline_internal.complete_stage is
  'Writes what the job''s stage made of the document: calls complete_<stage> with the output read as <stage>_output. Returns the seconds until the next stage is due.';
`;
}

function queueFunction(
  { name, parameters, returns, comment, statement }: (typeof QUEUE_FUNCTIONS)[number],
  stages: readonly string[],
): string {
  const count = parameters.split(", ").length;
  const cases = stages.map((stage) =>
    `    when '${stage}' then
      return query${indent(statement(`pgmq.q_${stage}`))};`
  );
  const using = Array.from({ length: count }, (_, i) => `$${i + 1}`);
  const dynamic = statement("pgmq.%1$I").replaceAll("'", "''");
  return `create or replace function pipeline_internal.${name}(${parameters})
returns ${returns}
language plpgsql set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_sort = off as $$
#variable_conflict use_column
begin
  case p_stage
${cases.join("\n")}
    else
      return query execute format('${indent(dynamic)}', 'q_' || p_stage)
      using ${using.join(", ")};
  end case;
end $$;
comment on function pipeline_internal.${name} is
  '${comment.replaceAll("'", "''")}';
`;
}

function indent(statement: string): string {
  return statement.replace(/\n/g, "\n  ");
}
