-- Every column of ours that can hold a user's id, from the catalogue, so that new columns are tested as well.
begin;
select plan(14);

-- With every option on: an endpoint that subscribes to all events.
select pipeline_internal.add_endpoint('all', 'https://all.example.com', array[
  'document.completed', 'document.failed', 'document.deleted', 'account.deleted', 'audit.recorded']);

create temporary table ada as select tests.create_user('ada') as user_id;
create temporary table bob as select tests.create_user('bob') as user_id;
select tests.complete_document(user_id, 'one') from (select * from ada union all select * from bob) u;
create temporary table waiting as select j.* from ada, tests.job_at('fetch_result', user_id, 'two') j;
select tests.embed(tests.claim('embed', j.job_id), j.document_id) from ada, tests.job_at('embed', user_id, 'three') j;
select pipeline_internal.record_search(user_id, 'text-embedding-3-small', 10)
  from (select * from ada union all select * from bob) u;
select pipeline_internal.claim_key(user_id, 'key', repeat('a', 64)),
  pipeline_internal.consume_request(user_id, gen_random_uuid())
from (select * from ada union all select * from bob) u;
select pipeline_internal.store_question_vector(user_id, 'model', repeat('a', 64), tests.axis(1)::extensions.vector)
from (select * from ada union all select * from bob) u;
select pipeline_internal.record_audit_entry('export', user_id, user_id, 'req-export', '203.0.113.0/24') from ada;

select tests.end_transaction();

create function pg_temp.mentions(p_user_id uuid) returns table (relation text, count bigint)
language plpgsql as $$
begin
  for relation in
    select c.oid::regclass::text from pg_class c
    where c.relnamespace in ('upload_pipeline'::regnamespace, 'pipeline_internal'::regnamespace)
      and c.relkind in ('r', 'p')
      -- Work outside the database that is still due names paths and submissions.
      and c.relname not in ('file_cleanups')
    order by 1
  loop
    execute format('select count(*) from %s r where r::text like $1', relation) into count
      using '%' || p_user_id || '%';
    if count > 0 then return next; end if;
  end loop;
end $$;

select set_eq(
  'select m.relation from ada, pg_temp.mentions(user_id) m',
  array['upload_pipeline.documents', 'upload_pipeline.upload_jobs', 'upload_pipeline.document_chunks',
    'upload_pipeline.events', 'upload_pipeline.live_events',
        'pipeline_internal.pending_chunks', 'pipeline_internal.pending_vectors', 'pipeline_internal.audit_log',
        'pipeline_internal.idempotency_keys', 'pipeline_internal.rate_limits', 'pipeline_internal.charges',
          'pipeline_internal.user_costs', 'pipeline_internal.question_vectors', 'pipeline_internal.outbox',
        'pipeline_internal.reservations'],
  'finds the user in fourteen tables before the deletion');
create temporary table before as select m.* from bob, pg_temp.mentions(user_id) m;

delete from auth.users where id = (select user_id from ada);

select results_eq(
  'select m.* from ada, pg_temp.mentions(user_id) m', $$values ('pipeline_internal.outbox', 4::bigint)$$,
  'leaves only notifications of the deletion');
select set_eq(
  $$select type from pipeline_internal.outbox o, ada where o::text like '%' || ada.user_id || '%'$$,
    array['document.deleted', 'account.deleted'],
  'leaves no other notifications');
create temporary table sent as select * from pipeline_internal.begin_notifications(100);
select set_eq(
  $$select body::jsonb -> 'data' from sent where body::jsonb ->> 'type' = 'account.deleted'$$,
  $$select jsonb_build_object('user_id', user_id) from ada$$, 'names the deleted account in the notification');
select pipeline_internal.end_notification(delivery_no, attempt_count, 204, null) from sent;
select is_empty('select m.* from ada, pg_temp.mentions(user_id) m',
  'leaves no reference after the notifications were delivered');
select throws_ok(
  format('select pipeline_internal.consume_request(%L)', user_id), 'PT401', null, 'refuses the user''s token') from ada;
select is(tests.message_count(job_id), 0::bigint, 'leaves no message in the queues') from waiting;
select results_eq('select m.* from bob, pg_temp.mentions(user_id) m', 'select * from before',
  'leaves the other user unchanged');
select results_eq(
  $$select action, actor, request_id, user_id, subject_id, network, email_digest, account_gone_at is not null
    from pipeline_internal.audit_log where request_id = 'req-export'$$,
  $$values ('export', 'user', 'req-export', null::uuid, null::uuid, '203.0.113.0/24'::cidr, null::text, true)$$,
  'keeps audit entries without the user, and for a while with the network');
select is_empty(
  $$select from sent, ada where body::jsonb ->> 'type' = 'audit.recorded' and body like '%' || user_id || '%'$$,
  'clears the user in pending audit notifications');
select results_eq(
  $$select actor, database_role from pipeline_internal.audit_log where action = 'account_deleted'$$,
  $$values ('operator', session_user)$$, 'records the deletion with the database role');
select throws_ok(
  $$update pipeline_internal.audit_log set action = 'upload' where request_id = 'req-export'$$, '42501', null,
  'refuses to change the cleared audit entries');
select set_eq(
  'select provider_job_id is not null from pipeline_internal.parse_cancellations', array[true],
  'queues the cancellation of the parses');
select is((select count(*) from pipeline_internal.parse_cancellations), 3::bigint,
  'queues the cancellation for all three documents');

select * from finish();
rollback;
