-- The retrieval playground: operators try searches on the documents of users who allow it. A user's choice, for some
-- days, which ends by itself or at once.

create table pipeline_internal.support_access (
  user_id uuid primary key references auth.users (id) on delete cascade,
  granted_at timestamptz not null default clock_timestamp(),
  until timestamptz not null,
  constraint support_access_is_short check (until > granted_at and until <= granted_at + interval '30 days')
);
comment on table pipeline_internal.support_access is
  'Users who allow operators to try searches on their documents, which shows the operators their text: since when, and '
  'until when. A row whose time is over allows nothing.';
create index support_access_until_idx on pipeline_internal.support_access (until);
alter table pipeline_internal.support_access enable row level security;

create function pipeline_internal.allows_support(p_user_id uuid) returns boolean
language sql stable set search_path = '' as $$
  select exists (
    select from pipeline_internal.support_access s
    join auth.users u on u.id = s.user_id and u.deleted_at is null
    where s.user_id = p_user_id and s.until > clock_timestamp())
$$;
comment on function pipeline_internal.allows_support is
  'Whether operators may try searches on the documents of this user at this moment.';

create function pipeline_internal.require_caller() returns uuid
language plpgsql stable set search_path = '' as $$
declare
  v_caller uuid := pipeline_access.caller_id();
begin
  if v_caller is null then
    raise exception 'This is for signed-in users.' using errcode = 'insufficient_privilege';
  end if;
  perform pipeline_internal.require_account(v_caller);
  return v_caller;
end $$;
comment on function pipeline_internal.require_caller is
  'The user of the request. @throws insufficient_privilege if there is none; PT401 if the account was deleted.';
revoke execute on function pipeline_internal.allows_support, pipeline_internal.require_caller
  from public, anon, authenticated, service_role;

-- A user's choice.

create function upload_pipeline.allow_support_access(p_days int) returns timestamptz
language plpgsql security definer set search_path = '' as $$
declare
  v_caller uuid := pipeline_internal.require_caller();
  v_until timestamptz;
begin
  if p_days is null or p_days not between 1 and 30 then
    raise exception 'p_days must be between 1 and 30, not %', coalesce(p_days::text, 'null')
      using errcode = 'invalid_parameter_value';
  end if;
  insert into pipeline_internal.support_access as s (user_id, granted_at, until)
  values (v_caller, statement_timestamp(), statement_timestamp() + make_interval(hours => 24 * p_days))
  on conflict (user_id) do update set granted_at = excluded.granted_at, until = excluded.until
  returning s.until into v_until;
  perform pipeline_internal.record_audit_entry(
    'allow_support_access', v_caller, p_details => jsonb_build_object('days', p_days), p_actor => 'user');
  return v_until;
end $$;
comment on function upload_pipeline.allow_support_access is
  'Allows operators to try searches on the caller''s documents, which shows them their text, for 1 to 30 days from '
  'now; returns until when. Replaces an earlier permission. Writes an audit entry. Runs as its owner: users have no '
  'rights on the table, and change their own row only.';

create function upload_pipeline.withdraw_support_access() returns boolean
language plpgsql security definer set search_path = '' as $$
declare
  v_caller uuid := pipeline_internal.require_caller();
  v_was_in_force boolean := pipeline_internal.allows_support(v_caller);
begin
  delete from pipeline_internal.support_access s where s.user_id = v_caller;
  if v_was_in_force then
    perform pipeline_internal.record_audit_entry('withdraw_support_access', v_caller, p_actor => 'user');
  end if;
  return v_was_in_force;
end $$;
comment on function upload_pipeline.withdraw_support_access is
  'Ends the caller''s permission for operators at once; a search that runs may still end. False: there was none in '
  'force. Writes an audit entry. Runs as its owner, as allow_support_access does.';

create function upload_pipeline.support_access()
returns table (granted_at timestamptz, until timestamptz, is_in_force boolean, uses jsonb)
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
declare
  -- The most uses that are returned; the export has all.
  c_uses constant int := 50;
  v_caller uuid := pipeline_internal.require_caller();
begin
  return query
  select s.granted_at, s.until, pipeline_internal.allows_support(v_caller), coalesce(u.uses, '[]')
  from (select v_caller as user_id) c
  left join pipeline_internal.support_access s on s.user_id = c.user_id
  cross join lateral (
    select jsonb_agg(jsonb_build_object(
      'used_at', a.happened_at, 'operator', a.operator, 'hits', (a.details ->> 'hits')::int)
      order by a.happened_at desc, a.audit_no desc) as uses
    from (
      -- Numbered, so that a user sees whether one operator or several came, and not which.
      select a.*, dense_rank() over (order by a.first_at, a.operator_id)::int as operator
      from (
        select a.*, min(a.happened_at) over (partition by a.operator_id) as first_at
        from pipeline_internal.audit_log a
        where a.user_id = v_caller and a.action = 'try_search' and a.operator_id is distinct from v_caller) a
      order by a.happened_at desc, a.audit_no desc
      limit c_uses) a
  ) u;
end $$;
comment on function upload_pipeline.support_access is
  'One row: since when and until when the caller allows operators to try searches on their documents, null if never or '
  'withdrawn; whether that is in force; and the latest 50 uses as [{used_at, operator, hits}], where operator numbers '
  'the operators in the order in which they came. Runs as its owner: users have no rights on the audit log.';

-- What a user has agreed to.

create function upload_pipeline.consent()
returns table (consent_version text, consented_at timestamptz, required_version text, is_missing boolean)
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_caller uuid := pipeline_internal.require_caller();
begin
  return query
  select c.consent_version, c.consented_at, l.required_consent_version, pipeline_internal.lacks_consent(v_caller)
  from pipeline_internal.limits l
  left join pipeline_internal.consents c on c.user_id = v_caller;
end $$;
comment on function upload_pipeline.consent is
  'One row: the version of the terms that the caller agreed to last, and when, null if none; the version that is '
  'required, null if none is; and whether the caller must still agree to it. Runs as its owner: users have no rights '
  'on the tables, and read their own row only.';

revoke execute on function
  upload_pipeline.consent, upload_pipeline.allow_support_access, upload_pipeline.withdraw_support_access,
  upload_pipeline.support_access
  from public, anon, service_role;
grant execute on function
  upload_pipeline.consent, upload_pipeline.allow_support_access, upload_pipeline.withdraw_support_access,
  upload_pipeline.support_access
  to authenticated;

-- The operators' side.

create function pipeline_search.timed_search(
  p_embedding extensions.halfvec, p_question text, p_count int, p_document_ids uuid[], p_mode text,
  p_min_score double precision, p_min_similarity double precision, p_max_per_document int,
  p_weight_words double precision, p_weight_meaning double precision, p_language text, p_explain_chunk_id uuid
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_started timestamptz := clock_timestamp();
  v_answer jsonb := pipeline_search.search(
    p_embedding::extensions.vector, p_question, p_count, p_document_ids, p_mode, p_min_score, p_min_similarity, 0,
    p_max_per_document, p_weight_words, p_weight_meaning, p_language,
    explain => true, explain_chunk_id => p_explain_chunk_id);
  v_timings jsonb := jsonb_build_object('search_ms', extract(epoch from clock_timestamp() - v_started) * 1000);
  v_part text;
begin
  -- What each retriever takes by itself; both, after the search has brought the rows into memory.
  if p_mode = 'hybrid' then
    foreach v_part in array array['vector', 'text'] loop
      v_started := clock_timestamp();
      perform pipeline_search.search(
        p_embedding::extensions.vector, p_question, p_count, p_document_ids, v_part, language => p_language);
      v_timings := v_timings || jsonb_build_object(
        v_part || '_ms', extract(epoch from clock_timestamp() - v_started) * 1000);
    end loop;
  end if;
  return v_answer || jsonb_build_object('timings', v_timings);
end $$;
comment on function pipeline_search.timed_search is
  'As search, for the user of the request, with an explanation of each result and timings {search_ms, vector_ms, '
  'text_ms}; the latter two, of each retriever by itself, with mode hybrid. Its owner is the role of signed-in users: '
  'so row-level security applies to every caller, and it can do nothing that a user cannot.';
revoke execute on function pipeline_search.timed_search from public, anon, service_role;
-- Postgres demands this right of the owner-to-be; nothing may be created there with it afterwards.
grant create on schema pipeline_search to authenticated;
alter function pipeline_search.timed_search owner to authenticated;
revoke create on schema pipeline_search from authenticated;

create function pipeline_console.try_search(
  p_user_id uuid,
  p_question text,
  p_question_key text default null,
  p_mode text default 'hybrid',
  p_k int default 8,
  p_document_ids uuid[] default null,
  p_min_score double precision default null,
  p_min_similarity double precision default null,
  p_max_per_document int default null,
  p_weight_words double precision default null,
  p_weight_meaning double precision default null,
  p_language text default null,
  p_explain_chunk_id uuid default null
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_operator uuid := pipeline_access.require_console_role('operator');
  v_claims text := current_setting('request.jwt.claims', true);
  -- An older PostgREST sets each claim by itself, and auth.uid() prefers it.
  v_subject text := current_setting('request.jwt.claim.sub', true);
  v_embedding extensions.halfvec;
  v_answer jsonb;
begin
  if p_user_id is null or p_question is null then
    raise exception 'p_user_id and p_question must be given' using errcode = 'invalid_parameter_value';
  elsif p_user_id <> v_operator and not pipeline_internal.allows_support(p_user_id) then
    -- The Data API answers 403. Not insufficient_privilege: the operator's role is not what is missing.
    raise exception 'This user does not allow operators to try searches on their documents, or no longer does.' using
      errcode = 'PT403', hint = 'The user allows it in the console, at Account, for some days.';
  end if;
  if p_mode is distinct from 'text' then
    select q.embedding into v_embedding from pipeline_internal.question_vectors q
    where q.user_id = v_operator and q.key = p_question_key;
    if not found then
      raise exception 'You have not asked this question: its vector is missing.' using
        errcode = 'PT409', hint = 'Ask it at POST /api/search first, or try it with mode text.';
    end if;
  end if;

  -- From here on the request is the user's: auth.uid() and row-level security decide what is found.
  perform set_config('request.jwt.claim.sub', p_user_id::text, true),
          set_config('request.jwt.claims', jsonb_build_object(
            'sub', p_user_id, 'role', 'authenticated',
            'is_anonymous', (select u.is_anonymous from auth.users u where u.id = p_user_id))::text, true);
  v_answer := pipeline_search.timed_search(
    v_embedding, p_question, p_k, p_document_ids, p_mode, p_min_score, p_min_similarity, p_max_per_document,
    p_weight_words, p_weight_meaning, p_language, p_explain_chunk_id);
  perform set_config('request.jwt.claim.sub', coalesce(v_subject, ''), true),
          set_config('request.jwt.claims', v_claims, true);

  perform pipeline_internal.record_console_act('try_search', null, jsonb_build_object(
    'mode', p_mode, 'hits', jsonb_array_length(v_answer -> 'results'),
    'explains_chunk', p_explain_chunk_id is not null), p_user_id);
  return v_answer;
end $$;
comment on function pipeline_console.try_search is
  'Searches the documents of a user who allows it, or the operator''s own, as that user would find them: {results, '
  'next, notices, explained, timings}, each result with its explanation; see pipeline_search.search and timed_search. '
  'The vector is the one that the API has cached for the operator''s own search with the same question, found by '
  'p_question_key; mode text needs none. Writes an audit entry with the number of results, never the question. '
  '@throws PT403 without the user''s permission; PT409 if the vector is missing.';
select pipeline_internal.open_to_console('pipeline_console.try_search');

create function pipeline_console.support_users(p_limit int default 200)
returns table (user_id uuid, email text, granted_at timestamptz, until timestamptz, documents bigint)
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select s.user_id, u.email::text, s.granted_at, s.until, d.documents
  from pipeline_internal.support_access s
  join auth.users u on u.id = s.user_id and u.deleted_at is null
  cross join lateral (
    select count(*) as documents from upload_pipeline.documents d where d.user_id = s.user_id and d.chunk_count > 0) d
  where s.until > clock_timestamp()
  order by s.granted_at desc, s.user_id
  limit least(greatest(p_limit, 1), 1000);
end $$;
comment on function pipeline_console.support_users is
  'Users who allow operators to try searches on their documents now, the latest permission first, with the number of '
  'their searchable documents. @nullable email.';
select pipeline_internal.open_to_console('pipeline_console.support_users');
