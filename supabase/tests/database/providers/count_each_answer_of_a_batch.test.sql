begin;
select plan(4);

select tests.add_provider('batch');
select tests.add_jobs('batch', 20);
create function pg_temp.settle_all(p_settlements jsonb[]) returns bigint
language sql as $$
  with claimed as (select lease, row_number() over () as n from tests.claim_all('batch', cardinality(p_settlements)))
  select count(*)
    from tests.settle_all('batch', (select jsonb_agg(tests.settlement(lease, p_settlements[n])) from claimed))
$$;

select pg_temp.settle_all(array_fill(tests.fault('transient'), array[4]) || '{"outcome": "done"}'::jsonb);
select is((select failure_count from tests.provider('batch')), 0,
  'keeps the circuit closed after four failures and a success');
select pg_temp.settle_all(array_fill(tests.fault('transient'), array[4]));
select is((select opened_at from tests.provider('batch')), null,
  'keeps the circuit closed after four failures in one batch');
select pg_temp.settle_all(array[tests.fault('throttled', 30), tests.fault('throttled', 10), '{"outcome": "done"}']);
select results_eq(
  $$select open_count, tests.is_probe_due_in('batch', 30) from tests.provider('batch')$$, $$values (1, true)$$,
  'opens the circuit once for two throttled answers and a success in one batch');
select is_empty($$select * from pipeline_internal.claim('batch', 5)$$, 'claims nothing while the circuit is open');

select * from finish();
rollback;
