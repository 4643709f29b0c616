-- Whichever way a document finishes, the same transaction admits the next one, without a sweep.
begin;
select plan(13);

update pipeline_internal.limits set active_documents_per_user = 3;
create temporary table ada as select tests.create_user() as user_id;
create temporary table completing as
  select j.job_id, tests.claim('embed', j.job_id) as lease from ada, tests.job_at('embed', user_id, 'completing') j;
select tests.embed(lease, j.document_id) from completing, tests.job(job_id) j;
create temporary table rejected as
  select j.job_id, tests.claim('embed', j.job_id) as lease from ada, tests.job_at('embed', user_id, 'rejected') j;
create temporary table exhausted as select job_id from ada, tests.job_at('chunk', user_id, 'exhausted') j;
update upload_pipeline.upload_jobs set attempt_count = 3 where job_id = (select job_id from exhausted);
create temporary table waiting as
  select n, tests.upload(user_id, n::text) as job_id from ada, generate_series(1, 4) n order by n;

create function pg_temp.check_places(p_positions int[], p_when text) returns setof text
language plpgsql as $$
begin
  return next is(
    array(select queue_position from waiting join upload_pipeline.document_status using (job_id) order by n),
      p_positions,
    p_when || ': shows the positions');
  return next is(
    array(select tests.message_count(job_id)::int from waiting order by n),
    array(select (p is null)::int from unnest(p_positions) with ordinality p (p, ord) order by ord),
    p_when || ': has a message for every document outside the queue');
  return next is(
    (select count(*) from ada join upload_pipeline.upload_jobs using (user_id) where message_id is not null), 3::bigint,
    p_when || ': has three active documents');
end $$;

select pg_temp.check_places(array[1, 2, 3, 4], 'at first');
select tests.finish_embed(lease) from completing;
select pg_temp.check_places(array[null, 1, 2, 3], 'after a completion');
select tests.reject(lease, 'BAD', 'bad') from rejected;
select pg_temp.check_places(array[null, null, 1, 2], 'after a rejection');
select from pipeline_internal.claim('chunk', 10);
select pg_temp.check_places(array[null, null, null, 1], 'after the last attempt');

select results_eq(
  $$select stage, status, state, user_queued_at, waiting_for from tests.job((select job_id from waiting where n = 1))$$,
  $$values ('parse', 'uploaded', 'queued', null::timestamptz, null::text)$$,
    'makes the admitted document wait for a worker only');

select * from finish();
rollback;
