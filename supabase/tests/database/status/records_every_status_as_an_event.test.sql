begin;
select plan(4);

create temporary table given as select j.* from tests.create_user() u, tests.complete_document(u, 'life') j;

select is(
  (select array_agg(status order by event_no) from upload_pipeline.events
   where job_id = (select job_id from given) and type = 'status'),
  array['awaiting_upload', 'uploaded', 'parse_queued', 'parsed', 'parse_validated', 'chunking', 'chunks_stored',
        'embedding_queued', 'embedding_in_progress', 'embeddings_stored', 'complete'],
  'records every status in order');
select is_empty(
  $$
    select * from upload_pipeline.events e, given
    where e.job_id = given.job_id
      and (e.user_id <> given.user_id or e.document_id <> given.document_id or e.correlation_id is distinct
        from 'req-life')
  $$,
  'records owner, document and request with each');
select is_empty(
  $$
    select * from (
      select created_at < lag(created_at) over (order by event_no) as is_earlier
      from upload_pipeline.events where job_id = (select job_id from given)
    ) e where is_earlier
  $$,
  'records increasing times');
select results_eq(
  'select status, state, finished_at is not null, last_error from given',
  $$values ('complete', 'done', true, null::jsonb)$$, 'ends with the current status');

select * from finish();
rollback;
