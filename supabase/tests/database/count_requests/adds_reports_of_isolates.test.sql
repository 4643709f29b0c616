begin;
select plan(5);
select tests.lock_counters();

select pipeline_internal.count_requests('tests', '[
  {"route": "/a/:id", "method": "GET", "status": 200, "seconds": 0.02},
  {"route": "/a/:id", "method": "GET", "status": 200, "seconds": 0.2},
  {"route": "/a/:id", "method": "GET", "status": 500, "seconds": 31}]');
select pipeline_internal.count_requests('tests',
  '[{"route": "/a/:id", "method": "GET", "status": 200, "seconds": 5000}]');

select is(
  tests.counter('pipeline_requests_total',
    '{"function": "tests", "route": "/a/:id", "method": "GET", "status": "200"}'),
  3::double precision, 'adds requests over several reports');
select is(
  tests.counter('pipeline_requests_total',
    '{"function": "tests", "route": "/a/:id", "method": "GET", "status": "500"}'),
  1::double precision, 'counts each status separately');
select results_eq(
  $$select labels ->> 'le', value from pipeline_internal.histogram_samples(
      'pipeline_request_duration_seconds', array['{"function": "tests"}'::jsonb])
    where name like '%_bucket' and labels ->> 'le' in ('0.01', '0.025', '0.25', '30', '60', '3600', '+Inf')
    order by (labels ->> 'le')::double precision$$,
  $$values ('0.01', 0::double precision), ('0.025', 1), ('0.25', 2), ('30', 2), ('60', 3), ('3600', 3), ('+Inf', 4)$$,
  'returns cumulative buckets');
select is(
  (select value
    from pipeline_internal.histogram_samples('pipeline_request_duration_seconds', array['{"function": "tests"}'::jsonb])
   where name like '%_count'), 4::double precision, 'returns the number of observations');
select throws_ok(
  $$insert into pipeline_internal.counters (name, value) values ('pipeline_x', -1)$$, '23514', null,
    'has no negative counter');

select * from finish();
rollback;
