begin;
select plan(2);

create temporary table given as select n, j.job_id
  from generate_series(1, 2) n, tests.job_at('fetch_result', p_seed => n::text) j;
select tests.settle(tests.reclaim('fetch_result', job_id), tests.fault('throttled', 10)) from given where n = 1;
select tests.pass_time('llamaparse', 11);
select is(tests.poll_later(tests.reclaim('fetch_result', job_id)), true, 'settles a poll without a result as the probe')
  from given where n = 2;
select is((select opened_at from tests.provider('llamaparse')), null, 'closes the circuit');

select * from finish();
rollback;
