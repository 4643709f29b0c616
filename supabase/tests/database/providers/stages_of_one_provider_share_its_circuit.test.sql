begin;
select plan(9);

create temporary table given as
  select s.stage, j.job_id from unnest(array['embed', 'chunk', 'fetch_result', 'parse']) with ordinality s (stage, ord),
    tests.job_at(s.stage, p_seed => s.stage) j order by s.ord;
select tests.make_due(job_id) from given;
select results_eq(
  'select stage, pipeline_internal.has_work(stage) from given order by stage',
  $$values ('chunk', true), ('embed', true), ('fetch_result', true), ('parse', true)$$, 'there is work everywhere');

create temporary table asking as select tests.claim('fetch_result', job_id) as lease from given where stage = 'fetch_result';
select tests.settle(lease, tests.fault('exhausted')) from asking;
select tests.make_due(job_id) from given where stage = 'fetch_result';
select results_eq(
  'select stage, pipeline_internal.has_work(stage) from given order by stage',
  $$values ('chunk', true), ('embed', true), ('fetch_result', false), ('parse', false)$$,
  'what the parser tells one of its stages holds for both, and for no other');
select is_empty($$select * from pipeline_internal.claim('parse', 1)$$, 'nobody submits');
select is_empty($$select * from pipeline_internal.claim('fetch_result', 1)$$, 'nobody asks for results');
select isnt((select (tests.claim('embed', job_id)).msg_id from given where stage = 'embed'), null, 'embedding goes on');
select isnt((select (tests.claim('chunk', job_id)).msg_id from given where stage = 'chunk'), null, 'so does cutting, which needs nobody');
select is((pipeline_internal.health_summary()).open_circuits, array['llamaparse'], 'an operator is told whose circuit is open');

select tests.pass_time('llamaparse', 301);
create temporary table probe as select tests.claim('parse', job_id) as lease, job_id from given where stage = 'parse';
select is_empty($$select * from pipeline_internal.claim('fetch_result', 1)$$, 'one of the two stages has the probe');
select tests.settle(lease, jsonb_build_object('outcome', 'done', 'output', jsonb_build_object(
  'submission_id', (pipeline_internal.begin_submission(lease)).submission_id, 'provider_job_id', 'probe'))) from probe;
select results_eq(
  $$select pipeline_internal.has_work('fetch_result'), (pipeline_internal.health_summary()).open_circuits$$,
  $$values (true, array[]::text[])$$, 'its success sets both going again');

select * from finish();
rollback;
