begin;
select plan(2);
select tests.lock_counters();

create temporary table started as select j as job from tests.register(tests.create_user()) j;
create temporary table counted as
  select min(no) - 1 as after, max(no) as upto
  from started, lateral (values
    (tests.record_event(job, 'uploaded', '2026-01-01 10:00:00Z')),
    (tests.record_event(job, 'parse_queued', '2026-01-01 10:00:02Z')),
    -- Resubmitted, then rejected and redriven.
    (tests.record_event(job, 'uploaded', '2026-01-01 10:10:00Z')),
    (tests.record_event(job, 'failed_parse', '2026-01-01 10:11:00Z')),
    (tests.record_event(job, 'uploaded', '2026-01-01 11:00:00Z')),
    -- Text, which skips the parser.
    (tests.record_event(job, 'parse_validated', '2026-01-01 11:00:05Z')),
    (tests.record_event(job, 'embedding_queued', '2026-01-01 11:00:06Z')),
    (tests.record_event(job, 'complete', '2026-01-01 11:00:07Z')),
    -- Re-chunked.
    (tests.record_event(job, 'parse_validated', '2026-01-01 12:00:00Z')),
    (tests.record_event(job, 'embedding_queued', '2026-01-01 12:00:03Z')),
    (tests.record_event(job, 'complete', '2026-01-01 12:00:04Z'))) e (no);

select results_eq(
  $$
    select p.stage, extract(epoch from left_at - entered_at)::int
    from counted, lateral pipeline_internal.stage_transitions_between(after, upto) p order by 1, left_at
  $$,
  $$values ('chunk', 1), ('chunk', 3), ('document', 7), ('embed', 1), ('embed', 1), ('parse', 2), ('parse', 5)$$,
  'counts forward moves from the last entry, and a document until its first completion');

select results_eq(
  $$
    select p.stage, extract(epoch from left_at - entered_at)::int
    from counted, lateral pipeline_internal.stage_transitions_between(upto - 1, upto) p
  $$,
  $$values ('embed', 1)$$, 'finds entries before the first new event');

select * from finish();
rollback;
