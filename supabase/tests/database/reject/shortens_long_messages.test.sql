begin;
select plan(2);

create temporary table given as select * from tests.job_at('embed');
select tests.reject(tests.claim('embed', job_id), 'LONG', repeat('x', 100000)) from given;

select is(
  (select char_length(last_error ->> 'message') from tests.job((select job_id from given))), 2000,
  'shortens a provider''s message in the job');
select is(
  (select char_length(message) from upload_pipeline.events join given using (job_id) where type = 'failure'), 2000,
  'shortens it in the event');

select * from finish();
rollback;
