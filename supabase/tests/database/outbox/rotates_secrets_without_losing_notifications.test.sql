begin;
select plan(11);

select pipeline_internal.add_endpoint('rotated', 'https://app.example.com/hook', array['alert.opened']);
create temporary table was as
select pipeline_internal.endpoint_secret(endpoint_id) as secret, endpoint_id from pipeline_internal.endpoints
  where name = 'rotated';
create function pg_temp.returned_secrets() returns setof record language sql as $$
  update pipeline_internal.outbox o set due_at = clock_timestamp() from was where o.endpoint_id = was.endpoint_id;
  select b.secret, b.previous_secret from pipeline_internal.begin_notifications(100) b where b.endpoint = 'rotated'
$$;
select pipeline_internal.notify('alert.opened', '{"n": 1}', 'one');

select results_eq(
  'select * from pg_temp.returned_secrets() as t (secret text, previous text)', 'select secret, null::text from was',
    'stores one secret');
create temporary table is_now as select pipeline_internal.rotate_endpoint_secret('rotated', '2 hours') as secret;
select isnt((select secret from is_now), (select secret from was), 'returns a new secret');
select results_eq(
  'select * from pg_temp.returned_secrets() as t (secret text, previous text)', 'select n.secret, w.secret from '
    'is_now n, was w',
  'signs pending notifications with both secrets');
select is((select pipeline_internal.purge_replaced_secrets()), 0::bigint,
  'keeps the replaced secret during the overlap');

update pipeline_internal.endpoints set previous_secret_until = clock_timestamp() - interval '1 second'
  where name = 'rotated';
select results_eq(
  'select * from pg_temp.returned_secrets() as t (secret text, previous text)', 'select secret, null::text from is_now',
    'signs with the new secret after the overlap');
select is((select pipeline_internal.purge_replaced_secrets()), 1::bigint,
  'removes the replaced secret after the overlap');
select is(
  (select count(*) from vault.secrets s, was where s.name like 'pipeline_endpoint_' || was.endpoint_id || '%'),
    1::bigint, 'removes it from Vault');

select throws_ok($$select pipeline_internal.rotate_endpoint_secret('unknown')$$, 'P0002', null,
  'refuses an unknown endpoint');
select throws_ok($$select pipeline_internal.rotate_endpoint_secret('rotated', '31 days')$$, '22023', null,
  'refuses an overlap of more than 30 days');
select throws_ok(
  $$select pipeline_internal.rotate_endpoint_secret('rotated', '1 day', 'short')$$, '22023', null,
    'refuses a malformed secret');

select pipeline_internal.rotate_endpoint_secret('rotated');
select pipeline_internal.remove_endpoint('rotated');
select is(
  (select count(*) from vault.secrets s, was where s.name like 'pipeline_endpoint_' || was.endpoint_id || '%'),
    0::bigint,
  'removes both secrets with the endpoint');

select * from finish();
rollback;
