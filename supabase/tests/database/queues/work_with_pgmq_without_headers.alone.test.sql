-- pgmq 1.4.4, which hosted projects may have, has no headers: no column in its queues, and none in the results of its
-- functions.
begin;
select plan(13);

do $$
declare
  v_table regclass;
begin
  for v_table in
    select format('pgmq.%s_%s', kind, stage) from pipeline_internal.stages, unnest(array['q', 'a']) kind
  loop
    execute format('alter table %s drop column if exists headers', v_table);
  end loop;
end $$;
alter type pgmq.message_record drop attribute if exists headers;
create or replace function pgmq.set_vt(queue_name text, msg_id bigint, vt integer) returns setof pgmq.message_record
language plpgsql as $$
begin
  return query execute format(
    'update pgmq.%I q set vt = clock_timestamp() + make_interval(secs => $1) where q.msg_id = $2
     returning q.msg_id, q.read_ct, q.enqueued_at, q.vt, q.message', 'q_' || queue_name) using vt, msg_id;
end $$;

create temporary table ada as select tests.create_user() as user_id;
create temporary table one as select j.* from ada, tests.complete_document(user_id, 'complete') j;
select is((select status from one), 'complete', 'completes a document');

create temporary table other as select j.* from ada, tests.job_at('embed', user_id, 'other') j;
select is(tests.retry(tests.claim('embed', job_id), 'X', 'later', 300), true, 'settles a failed attempt') from other;
select is((pipeline_internal.retry_job(user_id, job_id)).outcome, 'retried', 'retries for the user') from other;
select isnt((tests.claim('embed', job_id)).msg_id, null, 'claims the retry') from other;
select is(tests.reject((select row('embed', q.msg_id, q.read_ct)::pipeline_internal.lease
  from pgmq.q_embed q where q.msg_id = o.message_id), 'X', 'never'), true, 'rejects the document')
    from tests.job((select job_id from other)) o;
select is((pipeline_internal.retry_job(user_id, job_id)).outcome, 'retried', 'redrives the document') from other;

select lives_ok('select * from pipeline_internal.health_summary()', 'returns the health summary');
select lives_ok('select pipeline_internal.sweep()', 'wakes due stages');
select lives_ok('select pipeline_internal.reconcile()', 'finds lost messages');
select lives_ok('select * from pipeline_monitoring.queues', 'shows the queues');
select lives_ok('select pipeline_internal.purge()', 'purges old rows');
select lives_ok('select pipeline_internal.finish_restore()', 'finishes a restore');
select is(pipeline_internal.delete_document(user_id, document_id), true, 'deletes a document') from other;

select * from finish();
rollback;
