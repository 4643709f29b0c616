begin;
select plan(9);

create temporary table given as
  select s.stage, j.job_id from unnest(array['embed', 'chunk', 'fetch_result', 'parse']) with ordinality s (stage, ord),
    tests.job_at(s.stage, p_seed => s.stage) j order by s.ord;
select tests.make_due(job_id) from given;
select results_eq(
  'select stage, pipeline_internal.has_work(stage) from given order by stage',
  $$values ('chunk', true), ('embed', true), ('fetch_result', true), ('parse', true)$$,
    'has due messages at every stage');

create temporary table asking as select tests.claim('fetch_result', job_id) as lease from given
  where stage = 'fetch_result';
select tests.settle(lease, tests.fault('exhausted')) from asking;
select tests.make_due(job_id) from given where stage = 'fetch_result';
select results_eq(
  'select stage, pipeline_internal.has_work(stage) from given order by stage',
  $$values ('chunk', true), ('embed', true), ('fetch_result', false), ('parse', false)$$,
  'opens one circuit for both stages of the parser');
select is_empty($$select * from pipeline_internal.claim('parse', 1)$$, 'claims nothing at parse');
select is_empty($$select * from pipeline_internal.claim('fetch_result', 1)$$, 'claims nothing at fetch_result');
select isnt((select (tests.claim('embed', job_id)).msg_id from given where stage = 'embed'), null,
  'claims messages at embed');
select isnt((select (tests.claim('chunk', job_id)).msg_id from given where stage = 'chunk'), null,
  'claims messages at chunk');
select is((pipeline_internal.health_summary()).open_circuits, array['llamaparse'], 'shows the open circuit');

select tests.pass_time('llamaparse', 301);
create temporary table probe as select tests.claim('parse', job_id) as lease, job_id from given where stage = 'parse';
select is_empty($$select * from pipeline_internal.claim('fetch_result', 1)$$, 'claims one probe for both stages');
select tests.settle(lease, jsonb_build_object('outcome', 'done', 'output', jsonb_build_object(
  'submission_id', (pipeline_internal.begin_submission(lease)).submission_id, 'provider_job_id', 'probe'))) from probe;
select results_eq(
  $$select pipeline_internal.has_work('fetch_result'), (pipeline_internal.health_summary()).open_circuits$$,
  $$values (true, array[]::text[])$$, 'claims at both stages after the probe succeeded');

select * from finish();
rollback;
