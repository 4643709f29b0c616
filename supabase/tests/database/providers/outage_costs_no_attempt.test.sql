-- Five failures open the circuit, and a document has five attempts: a single document must survive the outage.
begin;
select plan(5);

create temporary table given as select j.* from tests.create_user() u, tests.job_at('embed', u, 'given') j;
create function pg_temp.fail() returns void
language plpgsql as $$
begin
  update pipeline_internal.providers set probe_at = clock_timestamp()
    where provider = 'openai' and opened_at is not null;
  perform tests.settle(
    tests.reclaim('embed', (select job_id from given)),
    '{"outcome": "retry", "code": "OPENAI_UNAVAILABLE", "message": "500", "fault": "transient"}');
end $$;

select pg_temp.fail() from generate_series(1, 12);
select results_eq(
  'select state, retry_count, waiting_for from tests.job((select job_id from given))',
  $$values ('queued', 4, 'OPENAI_UNAVAILABLE')$$, 'counts no attempt after the circuit opened');
select ok(
  tests.due_at(job_id) > (select probe_at from pipeline_internal.providers where provider = 'openai'),
  'delays the document beyond the next probe') from given;

update pipeline_internal.providers set opened_at = clock_timestamp() - interval '25 hours' where provider = 'openai';
select pg_temp.fail();
select results_eq(
  'select status, state from tests.job((select job_id from given))',
  $$values ('failed_embedding', 'deadletter')$$, 'rejects the document after an outage of a day');

create temporary table next as select j.* from tests.create_user() u, tests.job_at('embed', u, 'next') j;
select pipeline_internal.provider_succeeded('openai', clock_timestamp());
select is(
  tests.settle(
    tests.reclaim('embed', job_id),
    '{"outcome": "retry", "code": "OPENAI_UNAVAILABLE", "message": "500", "fault": "transient"}'),
  true, 'settles a single failure') from next;
select results_eq(
  'select state, retry_count from tests.job((select job_id from next))', $$values ('retryable', 1)$$,
  'counts the attempt while the circuit is closed');

select * from finish();
rollback;
