-- One transaction for many attempts: each has its own outcome, and lost leases have none.
begin;
select plan(13);

create temporary table given (name text, job_id uuid, lease pipeline_internal.lease);
create function pg_temp.add(p_name text) returns void
language sql as $$
  insert into given
  select p_name, j.job_id, tests.reclaim('fetch_result', j.job_id)
  from tests.job_at('fetch_result', p_seed => p_name) j
$$;
select pg_temp.add(name)
from unnest(array['done', 'lost', 'poll', 'pause', 'retry', 'taken over', 'reject', 'resubmit', 'last attempt',
  'not shown']) name;
-- Another worker reads two of the messages again, one before and one after this worker's.
update given set lease = row('fetch_result', (lease).msg_id, (lease).read_ct - 1)::pipeline_internal.lease
  where name = 'lost';
select tests.reclaim('fetch_result', job_id) from given where name = 'taken over';
update upload_pipeline.upload_jobs set attempt_count = 5
  where job_id = (select job_id from given where name = 'last attempt');
create temporary table before as select name, tests.snapshot(job_id) as picture from given;
create temporary table started as select clock_timestamp() as at;

create temporary table settled as
  select msg_id from tests.settle_all('fetch_result', (
    select jsonb_agg(tests.settlement(given.lease, s.settlement) order by s.name desc)
    from given join (values
      ('done', '{"outcome": "done", "output": {"parsed_path": "p.md", "parsed_sha256": null, "page_starts": [0, 9, '
        '20]}}'::jsonb),
      ('lost', '{"outcome": "reject", "code": "LATE", "message": "late"}'),
      ('taken over', '{"outcome": "done", "output": {"parsed_path": "late.md", "page_starts": [0]}}'),
      ('poll', '{"outcome": "poll"}'),
      ('pause', '{"outcome": "pause", "code": "SLOW_DOWN", "message": "slow down", "after_seconds": 40}'),
      ('retry', '{"outcome": "retry", "code": "HICCUP", "message": "a hiccup", "after_seconds": 100}'),
      ('last attempt', '{"outcome": "retry", "code": "HICCUP", "message": "a hiccup"}'),
      ('reject', '{"outcome": "reject", "code": "PDF_IS_BROKEN", "message": "it is broken"}'),
      ('resubmit', '{"outcome": "resubmit", "code": "PARSE_STUCK", "message": "it took too long"}')
    ) s (name, settlement) using (name))) msg_id;

select results_eq(
  'select msg_id from settled order by 1',
  $$select (lease).msg_id from given where name not in ('lost', 'taken over', 'not shown') order by 1$$,
  'returns the attempts that took effect');
create function pg_temp.now(p_name text) returns upload_pipeline.upload_jobs
language sql as $$ select j.* from given, tests.job(job_id) j where name = p_name $$;
select results_eq(
  $$select stage, status, state, (d.page_starts)[3] from pg_temp.now('done') j join upload_pipeline.documents d
    using (document_id)$$,
  $$values ('chunk', 'parse_validated', 'queued', 20)$$, 'moves a done job to the next stage with its output');
select results_eq(
  $$select stage, status, state, waiting_for, attempt_count from pg_temp.now('poll')$$,
  $$values ('fetch_result', 'parse_queued', 'queued', 'PARSER_AT_WORK', 0)$$, 'delays a polled job');
select results_eq(
  $$select stage, state, waiting_for, attempt_count, retry_count from pg_temp.now('pause')$$,
  $$values ('fetch_result', 'queued', 'SLOW_DOWN', 0, 0)$$, 'delays a paused job without a cost');
select results_eq(
  $$select stage, state, waiting_for, attempt_count, retry_count from pg_temp.now('retry')$$,
  $$values ('fetch_result', 'retryable', 'HICCUP', 1, 1)$$, 'schedules a retry');
select results_eq(
  $$
    select name, round(extract(epoch from tests.due_at(job_id) - started.at) / 5) * 5
    from given, started where name in ('pause', 'poll', 'retry') order by 1
  $$,
  $$values ('pause', 40.0), ('poll', 10.0), ('retry', 100.0)$$, 'uses each given delay');
select results_eq(
  $$select status, state, last_error ->> 'code', message_id from pg_temp.now('reject')$$,
  $$values ('failed_parse', 'deadletter', 'PDF_IS_BROKEN', null::bigint)$$, 'rejects a job');
select results_eq(
  $$select status, state, last_error ->> 'code', message_id from pg_temp.now('last attempt')$$,
  $$values ('failed_parse', 'deadletter', 'HICCUP', null::bigint)$$, 'rejects a job without attempts');
select results_eq(
  $$select stage, status, state, attempt_count, retry_count from pg_temp.now('resubmit')$$,
  $$values ('parse', 'uploaded', 'queued', 0, 1)$$, 'returns a stuck job to the parser');
select results_eq(
  $$
    select name, s.outcome from given join pipeline_internal.submissions s using (job_id)
    where s.finished_at is not null order by 1
  $$,
  $$values ('done', 'collected'), ('reject', 'PDF_IS_BROKEN'), ('resubmit', 'PARSE_STUCK')$$,
  'closes the submissions of finished parses only');

select is(tests.snapshot(job_id), picture, format('nothing happens to the one that is %s', name))
from given join before using (name) where name in ('lost', 'taken over', 'not shown') order by name;

select * from finish();
rollback;
