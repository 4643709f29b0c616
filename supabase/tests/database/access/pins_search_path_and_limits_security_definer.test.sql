-- Reads the catalogue: a function without a fixed search_path can be made to call foreign code.
begin;
select plan(5);

create temporary table functions as
  select f.oid::regprocedure::text as signature, f.prosecdef, f.proconfig
  from pg_proc f join pg_language l on l.oid = f.prolang
  where f.pronamespace in (
      'upload_pipeline'::regnamespace, 'pipeline_access'::regnamespace, 'pipeline_words'::regnamespace,
        'pipeline_search'::regnamespace, 'pipeline_internal'::regnamespace)
    and l.lanname in ('sql', 'plpgsql');
select cmp_ok((select count(*) from functions), '>=', 40::bigint, 'finds functions in the catalogue');
select is_empty(
  $$select signature from functions where not coalesce(proconfig @> array['search_path=""'], false)$$,
  'sets an empty search_path on every function');
select set_eq(
  'select signature from functions where prosecdef', array[
    'pipeline_internal.on_object_stored()', 'pipeline_internal.on_account_deleted()',
    'pipeline_access.caller_id()', 'pipeline_access.require_console_role(text)',
    'pipeline_internal.on_password_changed()',
    'pipeline_internal.password_verification_attempt(jsonb)',
    'pipeline_internal.end_work_of_account()',
    'pipeline_internal.on_user_deleted()', 'pipeline_internal.on_documents_deleted()',
      'pipeline_internal.call_cleanup()', 'pipeline_internal.send_moves()', 'pipeline_internal.forget_live_events()',
    'pipeline_internal.save_uncounted_events()', 'pipeline_internal.notify_document_deleted()',
      'pipeline_search.require_caller_account()',
    'pipeline_search.weigh_terms(pipeline_search.term[],regconfig[])',
      'pipeline_search.match_words(pipeline_search.term[],text,uuid[],uuid[])',
    'upload_pipeline.consent()', 'upload_pipeline.allow_support_access(integer)',
    'upload_pipeline.withdraw_support_access()', 'upload_pipeline.support_access()',
    'pipeline_search.timed_search(halfvec,text,integer,uuid[],text,double precision,double precision,integer,'
      'double precision,double precision,text,uuid)'],
  'allows security definer only for the triggers of Storage and Auth, for account checks, for policies, for '
  'functions that read the word index for auth.uid(), for a user''s own consent and support access, and for a '
  'search as the user');
select is(
  (select proowner::regrole::text from pg_proc where proname = 'timed_search'), 'authenticated',
  'runs a search as the user with the rights of users');
select is_empty(
  $$
    select c.relname from pg_class c
    where c.relnamespace = 'upload_pipeline'::regnamespace and c.relkind = 'v'
      and not coalesce(c.reloptions @> array['security_invoker=true'], false)
  $$, 'makes every exposed view security_invoker');

select * from finish();
rollback;
