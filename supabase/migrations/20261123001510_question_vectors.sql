-- Vectors of questions that were asked before: asked again, a question costs nothing and needs no provider.

create table pipeline_internal.question_vectors (
  user_id uuid not null references auth.users (id) on delete cascade,
  model text not null,
  -- sha256 of the user, the model and the question: the question itself is not kept.
  key text not null check (key ~ '^[0-9a-f]{64}$'),
  embedding extensions.halfvec(1536) not null,
  used_at timestamptz not null default clock_timestamp(),
  primary key (user_id, model, key)
);
comment on table pipeline_internal.question_vectors is
  'The latest questions of each user, at most 200, without their text; purge removes those that were not asked for 30 days.';
create index question_vectors_used_at_idx on pipeline_internal.question_vectors (used_at);
alter table pipeline_internal.question_vectors enable row level security;

create function pipeline_internal.question_vector(p_user_id uuid, p_model text, p_key text) returns extensions.halfvec
language sql set search_path = '' as $$
  update pipeline_internal.question_vectors set used_at = clock_timestamp()
  where user_id = p_user_id and model = p_model and key = p_key
  returning embedding
$$;
comment on function pipeline_internal.question_vector is
  'The vector that this question had when the user last asked it, which counts as a use; null if it is not known.';

create function pipeline_internal.store_question_vector(
  p_user_id uuid, p_model text, p_key text, p_embedding extensions.vector
) returns extensions.halfvec
language plpgsql set search_path = '' as $$
declare
  v_most_per_user constant int := 200;
  v_kept extensions.halfvec;
begin
  -- Who acts for a user shares their lock first: the end of the account waits, or has been.
  perform from auth.users where id = p_user_id for key share;
  -- One at a time for each user: each sees what the one before has kept.
  perform pg_advisory_xact_lock(hashtextextended('pipeline_internal.question_vectors:' || p_user_id, 0));
  insert into pipeline_internal.question_vectors (user_id, model, key, embedding)
  values (p_user_id, p_model, p_key, p_embedding::extensions.halfvec)
  on conflict (user_id, model, key) do update set used_at = excluded.used_at
  returning embedding into v_kept;

  delete from pipeline_internal.question_vectors q
  using (
    select o.model, o.key from pipeline_internal.question_vectors o
    where o.user_id = p_user_id
    order by o.used_at desc, o.model, o.key
    offset v_most_per_user) oldest
  where q.user_id = p_user_id and q.model = oldest.model and q.key = oldest.key;
  return v_kept;
end $$;
comment on function pipeline_internal.store_question_vector is
  'Keeps a question''s vector, and returns it as it is kept: rounded, and the first one if two asked at once. So every page of a search compares with the same vector. The user''s questions that were not asked for longest make room.';

revoke execute on function pipeline_internal.question_vector, pipeline_internal.store_question_vector
  from public, anon, authenticated, service_role;
