begin;
select plan(10);
select tests.lock_counters();

create temporary table samples as select * from pipeline_internal.metric_samples();
select is_empty('select name, labels from samples group by 1, 2 having count(*) > 1', 'returns every sample once');
select is_empty('select from samples where value is null', 'returns a value for every sample');
select is_empty(
  $$select status from upload_pipeline.statuses
    where not exists (select from samples where name = 'pipeline_documents_total' and labels ->> 'status' = status)$$,
  'returns a count for every status, even at zero');
select is_empty(
  $$select stage from (select stage from pipeline_internal.stages union all select 'document') s
    where (select count(*) from samples where name = 'pipeline_stage_duration_seconds_bucket'
      and labels ->> 'stage' = stage) <> 18$$,
  'returns the whole histogram of every stage');
select is_empty(
  $$
    select from (
      select value,
        lag(value) over (partition by labels ->> 'stage'
          order by replace(labels ->> 'le', '+Inf', 'Infinity')::double precision) as below
      from samples where name = 'pipeline_stage_duration_seconds_bucket') b where value < below
  $$, 'returns cumulative buckets');

select results_eq(
  $$select labels ->> 'code', value from samples where name = 'pipeline_warnings_total' order by 1$$,
  $$values ('PAGES_CUT', 0::double precision), ('PAGES_EMPTY', 0), ('PAGES_UNREAD', 0)$$,
    'returns a count for every warning');
insert into pipeline_internal.counters values
  ('pipeline_warnings_total', '{"code": "PAGES_CUT"}', 3), ('pipeline_warnings_total', '{"code": "PARSE_TIMEOUT"}', 1);
select results_eq(
  $$select labels ->> 'code', value from pipeline_internal.metric_samples() where name = 'pipeline_warnings_total'
    order by 1$$,
  $$values ('PAGES_CUT', 3::double precision), ('PAGES_EMPTY', 0), ('PAGES_UNREAD', 0), ('PARSE_TIMEOUT', 1)$$,
  'returns a count for other warnings after the first one');

create temporary table job as select (tests.job_at('chunk')).job_id;
select tests.backdate(job_id, '20 minutes') from job;
create function pg_temp.rest() returns double precision language sql as $$
  select value from pipeline_internal.metric_samples() where name = 'pipeline_oldest_idle_job_seconds'
    and labels ->> 'stage' = 'chunk'
$$;
select ok(pg_temp.rest() between 1200 and 1300, 'reports an idle job');

select tests.add_provider('down');
update pipeline_internal.stages set provider = 'down' where stage = 'chunk';
update pipeline_internal.providers set opened_at = now(), probe_at = now() where provider = 'down';
select is(pg_temp.rest(), 0::double precision, 'ignores an idle job when its provider''s circuit is open');
select is(
  (select value from pipeline_internal.metric_samples() where name = 'pipeline_provider_circuit_open'
    and labels ->> 'provider' = 'down'),
  1::double precision, 'reports the circuit as open');

select * from finish();
rollback;
