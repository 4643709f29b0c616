begin;
select plan(8);
select tests.lock_counters();

create temporary table started as select j as job from tests.register(tests.create_user()) j;
create temporary table counted as
  select min(no) - 1 as after, max(no) as upto
  from started, lateral (values
    (tests.record_event(job, 'uploaded', '2026-01-01 10:00:00Z')),
    (tests.record_event(job, 'parse_queued', '2026-01-01 10:00:02Z')),
    (tests.record_event(job, 'parse_queued', '2026-01-01 10:00:03Z', 'retry', 'fetch_result', 'PARSER_ERROR')),
    (tests.record_event(job, 'parsed', '2026-01-01 10:00:40Z')),
    (tests.record_event(job, 'parse_validated', '2026-01-01 10:00:40Z')),
    (tests.record_event(job, 'chunking', '2026-01-01 10:00:41Z')),
    (tests.record_event(job, 'chunks_stored', '2026-01-01 10:00:41.2Z')),
    (tests.record_event(job, 'embedding_queued', '2026-01-01 10:00:41.2Z')),
    (tests.record_event(job, 'embedding_in_progress', '2026-01-01 10:00:42Z')),
    (tests.record_event(job, 'embeddings_stored', '2026-01-01 10:01:05Z')),
    (tests.record_event(job, 'complete', '2026-01-01 10:01:05Z'))) e (no);

create temporary table before as select * from pipeline_internal.counters;
select pipeline_internal.count_events(after, upto) from counted;

create function pg_temp.added(p_name text, p_labels jsonb) returns double precision language sql as $$
  select tests.counter(p_name, p_labels) - coalesce(
    (select value from before where name = p_name and labels = p_labels), 0)
$$;
select results_eq(
  $$select stage, since, transition_count from pipeline_internal.stage_transitions
    where since < '2026-01-02' order by stage$$,
  $$values ('chunk', '2026-01-01 10:00Z'::timestamptz, 1),
           ('document', '2026-01-01 10:01Z', 1), ('embed', '2026-01-01 10:01Z', 1),
             ('fetch_result', '2026-01-01 10:00Z', 1), ('parse', '2026-01-01 10:00Z', 1)$$,
  'counts each stage once, in the minute in which it was left');
select is_empty(
  $$
    select stage, power(1.1, bucket) from pipeline_internal.stage_transitions
    join (values ('parse', 2.0), ('fetch_result', 38), ('chunk', 1.2), ('embed', 23.8), ('document', 65)) t (stage,
      seconds) using (stage)
    where since < '2026-01-02' and not (seconds > power(1.1, bucket - 1) and seconds <= power(1.1, bucket))
  $$, 'counts the duration in its bucket');
select is(pg_temp.added('pipeline_stage_duration_seconds_bucket', '{"stage": "fetch_result", "le": "60"}'),
  1::double precision,
  'counts 38 seconds in the bucket up to 60');
select is(pg_temp.added('pipeline_stage_duration_seconds_bucket', '{"stage": "parse", "le": "2.5"}'),
  1::double precision,
  'counts 2 seconds in the bucket up to 2.5');
select is(round(pg_temp.added('pipeline_stage_duration_seconds_sum', '{"stage": "document"}')::numeric, 3), 65.000,
  'measures the whole time from the arrival of the bytes');
select is(pg_temp.added('pipeline_documents_total', '{"status": "complete"}'), 1::double precision,
  'counts a completion');
select is(pg_temp.added('pipeline_documents_total', '{"status": "parse_queued"}'), 1::double precision,
  'counts no second status for a retry');
select is(pg_temp.added('pipeline_errors_total', '{"type": "retry", "stage": "fetch_result", "code": "PARSER_ERROR"}'),
  1::double precision, 'counts a retry as an error by its code');

select * from finish();
rollback;
