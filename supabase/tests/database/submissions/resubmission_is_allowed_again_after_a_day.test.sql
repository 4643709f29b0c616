begin;
select plan(2);

create temporary table given as select * from tests.job_at('fetch_result');
select tests.settle(tests.reclaim('fetch_result', job_id),
  '{"outcome": "resubmit", "code": "PARSE_STUCK", "message": "stuck"}') from given;
select tests.finish_parse(job_id) from given;
update pipeline_internal.submissions set requested_at = requested_at - interval '25 hours'
where job_id = (select job_id from given) and finished_at is not null;

select is(
  tests.settle(tests.reclaim('fetch_result', job_id),
    '{"outcome": "resubmit", "code": "PARSE_STUCK", "message": "stuck"}'), true,
  'settles a stuck parse more than a day after the first submission') from given;
select results_eq(
  'select stage, state from tests.job((select job_id from given))', $$values ('parse', 'queued')$$,
    'returns the document to parse');

select * from finish();
rollback;
