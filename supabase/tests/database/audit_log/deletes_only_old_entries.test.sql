-- Append-only for every role: the purge deletes only entries that are too old, like any other role.
begin;
select plan(13);

select is((select days from pipeline_internal.retention where category = 'audit_log'), 30::real,
  'keeps entries for thirty days by default');
delete from pipeline_internal.audit_log where happened_at < now() - interval '30 days';
create temporary table ada as select tests.create_user() as user_id;
select pipeline_internal.record_audit_entry('upload', user_id, p_request_id => 'recent') from ada;
insert into pipeline_internal.audit_log (action, actor, request_id, happened_at)
values ('upload', 'user', 'old', now() - interval '31 days'),
  ('upload', 'user', 'rather old', now() - interval '29 days');

select throws_ok(
  $$update pipeline_internal.audit_log set action = 'retry' where request_id = 'recent'$$, '42501',
    'audit_log is append-only',
  'refuses to change the action');
select throws_ok(
  $$update pipeline_internal.audit_log set user_id = null where request_id = 'recent'$$, '42501',
    'audit_log is append-only',
  'refuses to change the user');
select throws_ok(
  $$delete from pipeline_internal.audit_log where request_id = 'recent'$$, '42501', 'audit_log is append-only',
    'refuses to delete a recent entry');
select throws_ok('truncate pipeline_internal.audit_log', '42501', 'audit_log is append-only',
  'refuses to truncate the table');
select throws_ok(
  $$insert into pipeline_internal.audit_log (action, actor) values ('redrive', 'operator')$$, '23514', null,
  'refuses an operator''s entry without a role');
select is((select removed_count from pipeline_internal.purge() where category = 'audit_log'), 1::bigint,
  'deletes entries of 31 days in a purge');
select set_eq(
  $$select request_id from pipeline_internal.audit_log where request_id in ('old', 'rather old', 'recent')$$,
  array['rather old', 'recent'], 'keeps younger entries in a purge');
select throws_ok(
  $$update pipeline_internal.retention set days = 29 where category = 'audit_log'$$, '23514', null,
    'refuses a retention of less than 30 days');
insert into pipeline_internal.audit_log (action, actor, request_id, happened_at)
values ('upload', 'user', 'old', now() - interval '31 days');
-- The owner of the table could drop the constraint; the entries stay even so.
alter table pipeline_internal.retention drop constraint audit_log_is_kept_long_enough;
update pipeline_internal.retention set days = 0.001 where category = 'audit_log';
select throws_ok(
  $$delete from pipeline_internal.audit_log where request_id = 'rather old'$$, '42501', 'audit_log is append-only',
    'keeps entries when the constraint was dropped');
update pipeline_internal.retention set days = 40 where category = 'audit_log';
select is((select removed_count from pipeline_internal.purge() where category = 'audit_log'), 0::bigint,
  'keeps entries longer when retention says so');
delete from pipeline_internal.retention where category = 'audit_log';
select throws_ok(
  $$delete from pipeline_internal.audit_log where request_id = 'old'$$, '42501', 'audit_log is append-only',
    'refuses to delete without a retention');
select ok(exists (select from pipeline_internal.audit_log where request_id = 'recent'), 'keeps recent entries');
select * from finish();
rollback;
