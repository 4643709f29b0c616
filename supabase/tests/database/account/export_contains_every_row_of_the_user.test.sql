-- A new table with a user's id is missing here, and fails this test.
begin;
select plan(6);

-- How each table is exported: in its own format, as rows, or not at all, with the reason.
create temporary table answers (relation text primary key, answer text not null);
insert into answers values
  ('upload_pipeline.documents', 'document'),
  ('upload_pipeline.upload_jobs', 'document'),
  ('upload_pipeline.events', 'event'),
  ('upload_pipeline.document_chunks', 'chunk'),
  ('upload_pipeline.live_events', 'rows'),
  ('pipeline_internal.audit_log', 'rows'),
  ('pipeline_internal.charges', 'rows'),
  ('pipeline_internal.user_costs', 'rows'),
  ('pipeline_internal.user_budgets', 'rows'),
  ('pipeline_internal.reservations', 'rows'),
  ('pipeline_internal.idempotency_keys', 'rows'),
  ('pipeline_internal.question_vectors', 'rows'),
  ('pipeline_internal.rate_limits', 'rows'),
  ('pipeline_internal.support_access', 'rows'),
  ('pipeline_internal.outbox', 'rows'),
  ('pipeline_internal.consents', 'account'),
  ('pipeline_internal.pending_sign_ins',
    'not: there for a moment, from an attempt to sign in until Auth has answered it'),
  ('pipeline_internal.pending_chunks', 'not: a copy that is there while a document is cut, and then its chunks'),
  ('pipeline_internal.pending_vectors', 'not: the same, of vectors'),
  ('pipeline_internal.deleted_events', 'not: copies of events for a minute, until they have been counted'),
  ('pipeline_internal.file_cleanups', 'not: names of files that are about to go');

select set_eq(
  $$
    select distinct a.attrelid::regclass::text
    from pg_attribute a join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p')
    where c.relnamespace in ('upload_pipeline'::regnamespace, 'pipeline_internal'::regnamespace) and not a.attisdropped
      and (a.attname ~ '(user|owner)_id$' or exists (
        select from pg_constraint k where k.conrelid = a.attrelid and k.confrelid = 'auth.users'::regclass))
  $$,
  $$select relation from answers
    where relation not in ('pipeline_internal.rate_limits', 'pipeline_internal.file_cleanups',
      'pipeline_internal.deleted_events')$$,
  'lists every table with a column for a user');
select set_eq(
  $$select relation from pipeline_internal.exported_tables() where relation not like '(%auth.%'$$,
  $$select relation from answers where answer = 'rows'$$, 'exports the listed tables as rows');

select pipeline_internal.add_endpoint('all', 'https://all.example.com',
  array['document.completed', 'document.deleted']);
update pipeline_internal.limits set monthly_budget_cents_per_user = 1000000;
create temporary table ada as select tests.create_user('ada') as user_id;
create temporary table bob as select tests.create_user('bob') as user_id;
create temporary table both_of_them as select * from ada union all select * from bob;
select tests.complete_document(user_id, 'one') from both_of_them;
select j.job_id from both_of_them, tests.job_at('embed', user_id, 'two') j;
select pipeline_internal.delete_document(user_id, document_id) from (
  select distinct on (d.user_id) d.* from upload_pipeline.documents d, ada
    where filename like 'one%' and d.user_id = ada.user_id) d;
select pipeline_internal.record_search(user_id, 'text-embedding-3-small', 10),
       pipeline_internal.claim_key(user_id, 'key', repeat('a', 64)),
         pipeline_internal.consume_request(user_id, gen_random_uuid()),
       pipeline_internal.store_question_vector(user_id, 'model', repeat('a', 64), tests.axis(1)::extensions.vector)
from both_of_them;
select pipeline_internal.set_console_role(email, 'operator') from auth.users join both_of_them on user_id = id;
select tests.act_in_console(user_id) from bob;
reset role;
select pipeline_internal.record_console_act('pause_stage', null, '{"stage": "parse"}', user_id) from ada;
select tests.act_in_console(user_id) from ada;
reset role;
select pipeline_internal.record_console_act('pause_stage', null, '{"stage": "parse"}', user_id) from bob;
insert into pipeline_internal.support_access (user_id, until) select user_id, now() + interval '1 day'
  from both_of_them;
insert into pipeline_internal.user_budgets (user_id, monthly_cents) select user_id, 100 from both_of_them;
select tests.end_transaction();
insert into auth.sessions (id, user_id, created_at, updated_at) select gen_random_uuid(), user_id, now(), now()
  from both_of_them;

create temporary table rows_of_ada as
  select t.name, r.sort_key, r.data
  from ada, pipeline_internal.exported_tables() t, pipeline_internal.exported_rows(user_id, t.name, null, 1000) r;
select set_eq(
  'select name from rows_of_ada', 'select name from pipeline_internal.exported_tables()',
    'exports at least one row of every table');
create function pg_temp.mentions(p_user_id uuid) returns table (relation text)
language plpgsql as $$
declare
  v_any boolean;
begin
  for relation in
    select c.oid::regclass::text from pg_class c
    where c.relnamespace in ('upload_pipeline'::regnamespace, 'pipeline_internal'::regnamespace)
      and c.relkind in ('r', 'p')
  loop
    execute format('select exists (select from %s r where r::text like $1)', relation) into v_any
      using '%' || p_user_id || '%';
    if v_any then return next; end if;
  end loop;
end $$;
select is_empty(
  $$select m.relation from ada, pg_temp.mentions(user_id) m where m.relation not in (select relation from answers)$$,
  'finds the user in no other table or column');
select is_empty(
  $$select data from rows_of_ada, bob where data::text like '%' || bob.user_id || '%'$$, 'exports nothing of another '
    'user');
select results_eq(
  $$
    with recursive pages as (
      select r.sort_key, r.data from ada, pipeline_internal.exported_rows(user_id, 'audit_log', null, 1) r
      union all
      select r.sort_key, r.data
        from ada, pages, pipeline_internal.exported_rows(user_id, 'audit_log', pages.sort_key, 1) r
    ) select sort_key, data from pages
  $$,
  $$select sort_key, data from rows_of_ada where name = 'audit_log' order by sort_key$$, 'returns the same rows page '
    'by page');

select * from finish();
rollback;
