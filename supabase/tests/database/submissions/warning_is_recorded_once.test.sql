begin;
select plan(3);

create temporary table given as select * from tests.job_at('fetch_result');
create function pg_temp.warn(p_warnings text) returns void
language sql as $$ select pipeline_internal.record_warnings(tests.job((select job_id from given)),
  p_warnings::jsonb) $$;
create function pg_temp.warning_events() returns setof text
language sql as $$
  select code || ': ' || message from upload_pipeline.events join given using (job_id)
    where type = 'warning' order by event_no
$$;

select pg_temp.warn('[{"code": "PAGES_UNREAD", "message": "page 2", "pages": [2]}, {"code": "PAGES_EMPTY", "message": '
    '"page 3", "pages": [3]}]');
select results_eq('select pg_temp.warning_events()', array['PAGES_UNREAD: page 2', 'PAGES_EMPTY: page 3'],
  'records each warning as an event');
select pg_temp.warn('[{"code": "PAGES_UNREAD", "message": "page 2", "pages": [2]}]');
select is((select count(*) from pg_temp.warning_events()), 2::bigint, 'records no known warning again');
select pg_temp.warn('[]');
select results_eq(
  'select warnings from upload_pipeline.documents where document_id = (select document_id from given)',
    array['[]'::jsonb],
  'removes a warning that no longer applies');

select * from finish();
rollback;
