-- Three workers die with a valid document, and twice a provider fails: the document must not fail.
begin;
select plan(9);

create temporary table given as select * from tests.job_at('embed');
create function pg_temp.now() returns upload_pipeline.upload_jobs language sql as $$
  select j.* from given cross join lateral tests.job(given.job_id) j
$$;

select tests.kill_worker_of('embed', job_id) from given;
select results_eq(
  'select state, attempt_count, retry_count, lost_count, unexplained_count, is_isolated, waiting_for from '
  'pg_temp.now()',
  $$values ('retryable', 0, 0, 1, 1, false, 'WORKER_LOST')$$, 'gives a lost attempt back and counts it as lost');
select results_eq(
  $$select type, status, code, attempt from upload_pipeline.events where job_id = (select job_id from given)
    order by event_no desc limit 1$$,
  $$values ('retry', 'embedding_in_progress', 'WORKER_LOST', 1)$$, 'records an event');
select results_eq(
  $$select last_error ->> 'code', last_error ->> 'message', last_error ->> 'stage' from pg_temp.now()$$,
  $$values ('WORKER_LOST', 'the worker that processed it stopped unexpectedly; it will be tried again', 'embed')$$,
  'shows the error in the status');
select ok(
  (select next_attempt_at - now() from pg_temp.now()) between interval '1.6 seconds' and interval '10 seconds',
  'retries after a backoff');

select tests.retry(tests.reclaim('embed', job_id), 'HICCUP', 'a hiccup') from given;
select tests.retry(tests.reclaim('embed', job_id), 'HICCUP', 'a hiccup') from given;
select results_eq(
  'select attempt_count, retry_count, lost_count from pg_temp.now()', $$values (2, 2, 1)$$,
  'counts a failed attempt');

select tests.kill_worker_of('embed', job_id) from given;
select tests.kill_worker_of('embed', job_id) from given;
select results_eq(
  'select state, attempt_count, retry_count, lost_count from pg_temp.now()', $$values ('retryable', 2, 2, 3)$$,
  'does not reject after the third lost attempt');
select cmp_ok(
  (select next_attempt_at - clock_timestamp() from pg_temp.now()), '>', interval '4 seconds', 'doubles the backoff');
select is_empty(
  $$select from upload_pipeline.events where job_id = (select job_id from given) and type = 'failure'$$,
  'rejects no document');

update upload_pipeline.upload_jobs set next_attempt_at = null where job_id = (select job_id from given);
select tests.embed(row('embed', c.msg_id, c.read_ct)::pipeline_internal.lease, c.document_id)
from pipeline_internal.claim_isolated('embed', null) c;
select tests.finish_embed(row('embed', j.message_id, q.read_ct)::pipeline_internal.lease)
from pg_temp.now() j join pgmq.q_embed q on q.msg_id = j.message_id;
select results_eq(
  'select status, state, last_error, is_isolated from pg_temp.now()',
    $$values ('complete', 'done', null::jsonb, false)$$,
  'completes the document');

select * from finish();
rollback;
