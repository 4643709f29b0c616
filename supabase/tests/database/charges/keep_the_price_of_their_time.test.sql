begin;
select plan(6);

create temporary table given as select * from tests.job_at('fetch_result');
create function pg_temp.charge(p_key text, p_purpose text, p_model text, p_quantity bigint,
  p_credits numeric default null)
returns numeric language sql as $$
  select pipeline_internal.record_charges(jsonb_build_array(jsonb_build_object(
    'key', p_key, 'purpose', p_purpose, 'model', p_model, 'quantity', p_quantity, 'credits', p_credits, 'job_id',
      job_id)))
  from given;
  select cents from pipeline_internal.charges where charge_key = p_key
$$;

select is(pg_temp.charge('1', 'parse', 'cost_effective', 10), 3.750, 'prices ten pages at three credits');
select is(pg_temp.charge('2', 'parse', 'agentic', 10), 12.50, 'prices ten pages of a higher tier');
select is(pg_temp.charge('3', 'embed', 'text-embedding-3-small', 1000000), 2.000000, 'prices a million tokens');
select is(pg_temp.charge('4', 'parse', 'a tier of tomorrow', 1), 5.625,
  'prices an unlisted model like the most expensive one');
select is(pg_temp.charge('5', 'parse', 'agentic', 10, 20), 2.5, 'prefers the credits that the provider billed');

update pipeline_internal.prices set cents = 1 where model = 'agentic';
select is(
  (select cents from pipeline_internal.charges where charge_key = '2'), 12.50,
    'keeps earlier charges when a price changes');

select * from finish();
rollback;
