begin;
select plan(4);

select tests.set_prices();
create temporary table given as select * from tests.job_at('fetch_result');

-- The parser charged, and then lost the result.
select tests.settle(
  tests.reclaim('fetch_result', job_id),
  jsonb_build_object('outcome', 'resubmit', 'code', 'PARSE_RESULT_GONE', 'message', 'gone',
    'charges', tests.charge(job_id, 'parse:first', 'parse', 3))) from given;
select tests.finish_parse(job_id) from given;
select is(
  tests.settle(
    tests.reclaim('fetch_result', job_id),
    jsonb_build_object('outcome', 'reject', 'code', 'TOO_MANY_PAGES', 'message', 'too long',
      'charges', tests.charge(job_id, 'parse:second', 'parse', 5))), true,
        'rejects the document after the second submission because it is too long')
from given;
select is((tests.job(job_id)).status, 'failed_parse', 'puts the job into the dead letter') from given;
select is(tests.cost(job_id), 16.0000, 'records the charges of both parses') from given;
select results_eq(
  'select quantity, credits, cents, purpose, model, user_id from pipeline_internal.charges join given using (job_id, '
  'user_id) order by charge_no',
  $$select quantity, credits, cents, 'parse', 'cost_effective', user_id
    from given, (values (3::bigint, 9::numeric, 6::numeric), (5, 15, 10)) v (quantity, credits, cents)$$,
  'records three credits per page');

select * from finish();
rollback;
