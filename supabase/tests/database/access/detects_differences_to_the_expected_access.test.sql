-- The list in expected_access.sql is complete only if every difference fails: this test makes each kind of difference,
-- on tables of its own because others are in use.
begin;
-- Tests that change the platform's policies wait for each other: its roles are lent once at a time.
do $$ begin perform pg_advisory_xact_lock(hashtext('tests: policies of the platform')); end $$;
select plan(10);

create temporary table people as select * from tests.inhabit();
create temporary table known (breach text);
create function pg_temp.differences() returns setof text
language sql as $$
  select p.* from people, tests.unexpected_relations(owner_id, other_id, victim_id) p
  union all select tests.unexpected_functions() union all select tests.unexpected_policies()
  except select breach from known
$$;
insert into known select pg_temp.differences();

create function pipeline_internal.newcomer() returns int language sql as 'select 1';
create function public.newcomer() returns int language sql as 'select 1';
create table pipeline_internal.newcomer ();
select set_eq('select pg_temp.differences()', array[
  'pipeline_internal.newcomer has no line in expected_access.sql',
    'pipeline_internal.newcomer() has no line in expected_access.sql',
  'public.newcomer() has no line in expected_access.sql'], 'reports a new table and new functions');
drop function pipeline_internal.newcomer(), public.newcomer();
drop table pipeline_internal.newcomer;

insert into tests.expected_functions values ('pipeline_internal.gone', '');
select set_eq('select pg_temp.differences()', array['pipeline_internal.gone() is expected and not there'],
  'reports an expectation without an object');
delete from tests.expected_functions where function = 'pipeline_internal.gone';

grant execute on function pipeline_internal.delete_document to authenticated;
select set_eq('select pg_temp.differences()', array[
  'pipeline_internal.delete_document() may be called by [(authenticated)], expected []'],
    'reports a grant behind a closed schema');
grant usage on schema pipeline_internal to authenticated;
select set_eq('select pg_temp.differences()', array[
  'pipeline_internal.delete_document() may be called by [authenticated], expected []'],
    'reports a grant in an open schema');
revoke execute on function pipeline_internal.delete_document from authenticated;
grant select (email_digest) on pipeline_internal.audit_log to authenticated;
select set_eq('select pg_temp.differences()', array[
  'pipeline_internal.audit_log: the owner may [select none], expected []',
  'pipeline_internal.audit_log: another user may [select none], expected []'], 'reports a grant on a single column');
revoke select (email_digest) on pipeline_internal.audit_log from authenticated;

create table upload_pipeline.notes (note text, user_id uuid);
insert into upload_pipeline.notes select 'hers', owner_id from people union all select 'his', victim_id from people;
create policy own on upload_pipeline.notes for select to authenticated using (user_id = (select auth.uid()));
create view upload_pipeline.all_notes as select * from upload_pipeline.notes;
grant select on upload_pipeline.notes, upload_pipeline.all_notes to authenticated;
insert into tests.expected_relations values
  ('upload_pipeline.notes', '', 'select own', 'select none', ''),
    ('upload_pipeline.all_notes', '', 'select own', 'select none', '');
insert into tests.expected_policies values ('upload_pipeline.notes: select to authenticated');
select set_eq('select pg_temp.differences()', array[
  'upload_pipeline.notes: the owner may [select all], expected [select own]',
  'upload_pipeline.notes: another user may [select all], expected [select none]',
  'upload_pipeline.all_notes: the owner may [select all], expected [select own]',
  'upload_pipeline.all_notes: another user may [select all], expected [select none]'],
    'reports a table without row-level security');
alter table upload_pipeline.notes enable row level security;
select set_eq('select pg_temp.differences()', array[
  'upload_pipeline.all_notes: the owner may [select all], expected [select own]',
  'upload_pipeline.all_notes: another user may [select all], expected [select none]'],
    'reports a view that runs with its owner''s rights');
alter view upload_pipeline.all_notes set (security_invoker = true);
select is_empty('select pg_temp.differences()', 'accepts a security_invoker view');

grant insert, update, delete on upload_pipeline.notes to authenticated;
create policy newcomer on upload_pipeline.notes for update to authenticated using (user_id = (select auth.uid()));
select set_eq('select pg_temp.differences()', array[
  'upload_pipeline.notes: the owner may [select own, insert none, update own, delete none], expected [select own]',
  'upload_pipeline.notes: another user may [select none, insert none, update none, delete none], expected [select '
  'none]',
  'not expected: upload_pipeline.notes: update to authenticated'], 'reports a policy for writing own rows');
drop view upload_pipeline.all_notes;
delete from tests.expected_relations where relation = 'upload_pipeline.all_notes';
create policy newest on upload_pipeline.notes to public using (true);
select set_eq('select pg_temp.differences()', array[
  'upload_pipeline.notes: the owner may [select all, insert all, update all, delete all], expected [select own]',
  'upload_pipeline.notes: another user may [select all, insert all, update all, delete all], expected [select none]',
  'not expected: upload_pipeline.notes: update to authenticated', 'not expected: upload_pipeline.notes: all to public'],
  'reports a policy for writing all rows');

select * from finish();
rollback;
