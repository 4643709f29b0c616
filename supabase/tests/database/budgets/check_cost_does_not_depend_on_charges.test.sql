begin;
select plan(4);

-- Rows read of the pipeline's tables and indexes by this transaction.
create function pg_temp.rows_read() returns bigint
language sql as $$
  select sum(pg_stat_get_xact_tuples_returned(oid) + pg_stat_get_xact_tuples_fetched(oid))::bigint
  from pg_class where relnamespace in ('pipeline_internal'::regnamespace, 'upload_pipeline'::regnamespace)
$$;
create function pg_temp.rows_read_by(p_check text) returns bigint
language plpgsql as $$
declare
  v_before bigint := pg_temp.rows_read();
begin
  execute p_check;
  return pg_temp.rows_read() - v_before;
end $$;
create temporary table ada as select tests.create_user() as user_id;
create function pg_temp.charge(p_count int) returns void
language sql as $$
  insert into pipeline_internal.charges (charge_key, purpose, model, quantity, cents, user_id)
  select p_count || '/' || n, 'parse', 'cost_effective', 1, 0.5, user_id from ada, generate_series(1, p_count) n
$$;

update pipeline_internal.limits set monthly_budget_cents = 1000000, monthly_budget_cents_per_user = 1000000;
create temporary table checks as
  select format(q, quote_literal(user_id)) as query, null::bigint as rows_read from ada, unnest(array[
    'select pipeline_internal.committed_cents()', 'select pipeline_internal.committed_cents(%s)',
    'select from pipeline_internal.exceeded_budget(%s, 1)']) q;

select pg_temp.charge(1);
update checks set rows_read = pg_temp.rows_read_by(query);
select ok(bool_and(rows_read > 0), 'measures the rows that a check reads') from checks;
select pg_temp.charge(2000);
select is_empty(
  'select query, rows_read, pg_temp.rows_read_by(query) from checks where rows_read <> pg_temp.rows_read_by(query)',
  'reads as many rows after two thousand charges');
select is(pipeline_internal.spent_cents(user_id), 1000.5, 'counts these charges for the user') from ada;
select cmp_ok(pipeline_internal.spent_cents(), '>=', 1000.5, 'counts these charges for the project');

select * from finish();
rollback;
