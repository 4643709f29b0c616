-- Every table and view of the exposed schema, from the catalogue, so that a new one is tested without being named here.
begin;
select plan(22);

create temporary table ada as select j.* from tests.create_user('ada') u, tests.complete_document(u, 'shared') j;
create temporary table bob as select j.* from tests.create_user('bob') u, tests.complete_document(u, 'shared') j;
create temporary table relations as
  select c.relname as name,
         exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'user_id' and not a.attisdropped) as is_owned
  from pg_class c
  where c.relnamespace = 'upload_pipeline'::regnamespace and c.relkind in ('r', 'p', 'v', 'm');
grant select on ada, bob, relations to public;

select set_eq(
  'select name from relations where not is_owned', array['statuses'], 'every relation but the vocabulary says whose a row is');
select is((select count(*) from relations where is_owned), 5::bigint, 'five relations hold users'' rows');

-- What the role at the moment sees of a relation: how many rows, and whose.
create function pg_temp.rows_of(p_relation text) returns table (user_id uuid, count bigint)
language plpgsql as $$
begin
  return query execute format('select r.user_id, count(*) from upload_pipeline.%I r group by 1', p_relation);
end $$;

select cmp_ok((select count(*) from pg_temp.rows_of(name)), '>=', 2::bigint, name || ' holds rows of both')
from relations where is_owned order by name;
select tests.act_as(user_id) from ada;
select results_eq(
  format('select distinct user_id from pg_temp.rows_of(%L)', name), 'select user_id from ada', 'of ' || name || ' Ada sees hers')
from relations where is_owned order by name;
select tests.act_as((select user_id from bob));
select results_eq(
  format('select distinct user_id from pg_temp.rows_of(%L)', name), 'select user_id from bob', 'of ' || name || ' Bob sees his')
from relations where is_owned order by name;

select is(
  (select count(*) from upload_pipeline.documents where document_id = (select document_id from ada)), 0::bigint,
  'knowing the id of another''s document does not help');
select set_config('request.jwt.claims', '{"role": "authenticated"}', true);
select is((select count(*) from upload_pipeline.documents), 0::bigint, 'a token without a user sees no documents');
select cmp_ok((select count(*) from upload_pipeline.statuses), '>', 0::bigint, 'but the vocabulary is everyone''s');
reset role;

select tests.act_as(gen_random_uuid());
select is((select sum(r.count) from relations cross join lateral pg_temp.rows_of(name) r where is_owned), null, 'a new user sees nothing at all');
reset role;
select is((select count(*) from upload_pipeline.documents where user_id in (select user_id from ada union select user_id from bob)), 2::bigint, 'while both documents are there');

select * from finish();
rollback;
