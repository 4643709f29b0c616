begin;
select plan(6);

create temporary table given as select * from tests.job_at('parse');
create temporary table settled as
  select tests.settle(tests.claim('parse', job_id),
    jsonb_build_object('outcome', 'parsed', 'output', jsonb_build_object(
    'parsed_path', 'user/x/parsed/y.md', 'parsed_sha256', repeat('a', 64), 'page_starts', '[]'::jsonb))) as took_effect
  from given;

select is((select took_effect from settled), true, 'settles a text document at parse');
select results_eq(
  'select status, state, stage from tests.job((select job_id from given))',
    $$values ('parse_validated', 'queued', 'chunk')$$,
  'moves it to chunk');
select is(tests.message_count((select job_id from given)), 1::bigint, 'sends one message');
select results_eq(
  $$select status from upload_pipeline.events where job_id = (select job_id from given) and type = 'status'
    order by event_no$$,
  array['awaiting_upload', 'uploaded', 'parsed', 'parse_validated'], 'records no status of the parser');
select results_eq(
  'select parsed_path, parsed_sha256, page_count from upload_pipeline.documents where document_id = (select '
  'document_id from given)',
  $$values ('user/x/parsed/y.md', repeat('a', 64), null::int)$$, 'stores the text''s path');

create temporary table late as select * from tests.job_at('fetch_result', p_seed => 'late');
select tests.make_due(job_id) from late;
select throws_ok(
  $$
    select tests.settle(tests.claim('fetch_result', job_id), '{"outcome": "parsed", "output": {"page_starts": []}}')
      from late
  $$, '23514', null, 'does not skip chunk');

select * from finish();
rollback;
