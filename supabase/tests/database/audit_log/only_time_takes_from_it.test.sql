-- Append-only for everyone: the purge deletes nothing that anyone else could not, namely what is too old.
begin;
select plan(13);

select is((select days from pipeline_internal.retention where category = 'audit_log'), 30::real, 'thirty days unless told otherwise');
delete from pipeline_internal.audit_log where happened_at < now() - interval '30 days';
create temporary table ada as select tests.create_user() as user_id;
select pipeline_internal.record_audit_entry('upload', user_id, p_request_id => 'recent') from ada;
insert into pipeline_internal.audit_log (action, actor, request_id, happened_at)
values ('upload', 'user', 'old', now() - interval '31 days'), ('upload', 'user', 'rather old', now() - interval '29 days');

select throws_ok(
  $$update pipeline_internal.audit_log set action = 'retry' where request_id = 'recent'$$, '42501', 'audit_log is append-only',
  'nobody changes what happened');
select throws_ok(
  $$update pipeline_internal.audit_log set user_id = null where request_id = 'recent'$$, '42501', 'audit_log is append-only',
  'nor who did it');
select throws_ok(
  $$delete from pipeline_internal.audit_log where request_id = 'recent'$$, '42501', 'audit_log is append-only', 'nobody deletes it');
select throws_ok('truncate pipeline_internal.audit_log', '42501', 'audit_log is append-only', 'nor all of it');
select throws_ok(
  $$insert into pipeline_internal.audit_log (action, actor) values ('redrive', 'operator')$$, '23514', null,
  'an operator without a role is none');
select is((select removed_count from pipeline_internal.purge() where category = 'audit_log'), 1::bigint, 'the purge forgets what is 31 days old');
select set_eq(
  $$select request_id from pipeline_internal.audit_log where request_id in ('old', 'rather old', 'recent')$$,
  array['rather old', 'recent'], 'and nothing younger');
select throws_ok(
  $$update pipeline_internal.retention set days = 29 where category = 'audit_log'$$, '23514', null, 'which no setting makes less');
insert into pipeline_internal.audit_log (action, actor, request_id, happened_at)
values ('upload', 'user', 'old', now() - interval '31 days');
-- Whoever owns the table could take the constraint away; the rows stay all the same.
alter table pipeline_internal.retention drop constraint audit_log_is_kept_long_enough;
update pipeline_internal.retention set days = 0.001 where category = 'audit_log';
select throws_ok(
  $$delete from pipeline_internal.audit_log where request_id = 'rather old'$$, '42501', 'audit_log is append-only', 'nor a table without its constraint');
update pipeline_internal.retention set days = 40 where category = 'audit_log';
select is((select removed_count from pipeline_internal.purge() where category = 'audit_log'), 0::bigint, 'more is a setting');
delete from pipeline_internal.retention where category = 'audit_log';
select throws_ok(
  $$delete from pipeline_internal.audit_log where request_id = 'old'$$, '42501', 'audit_log is append-only', 'without one nothing goes');
select ok(exists (select from pipeline_internal.audit_log where request_id = 'recent'), 'what is recent stays');
select * from finish();
rollback;
