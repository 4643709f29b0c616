-- Vectors of earlier questions: a repeated question costs nothing and needs no provider.

create table pipeline_internal.question_vectors (
  user_id uuid not null references auth.users (id) on delete cascade,
  model text not null,
  -- sha256 of the user, the model and the question; the question itself is not stored.
  key text not null check (key ~ '^[0-9a-f]{64}$'),
  embedding extensions.halfvec(1536) not null,
  used_at timestamptz not null default clock_timestamp(),
  primary key (user_id, model, key)
);
comment on table pipeline_internal.question_vectors is
  'The latest 200 questions of each user, without their text; purge removes those that were not asked for 30 days.';
create index question_vectors_used_at_idx on pipeline_internal.question_vectors (used_at);
alter table pipeline_internal.question_vectors enable row level security;

create function pipeline_internal.question_vector(p_user_id uuid, p_model text, p_key text) returns extensions.halfvec
language sql set search_path = '' as $$
  update pipeline_internal.question_vectors set used_at = clock_timestamp()
  where user_id = p_user_id and model = p_model and key = p_key
  returning embedding
$$;
comment on function pipeline_internal.question_vector is
  'The vector of this question from an earlier search of the user, which counts as a use; null if it is unknown.';

create function pipeline_internal.store_question_vector(
  p_user_id uuid, p_model text, p_key text, p_embedding extensions.vector
) returns extensions.halfvec
language plpgsql set search_path = '' as $$
declare
  v_most_per_user constant int := 200;
  v_kept extensions.halfvec;
begin
  -- Code that acts for a user first shares the lock on the user's row: the deletion of the account waits, or is over.
  perform from auth.users where id = p_user_id for key share;
  -- Serializes the calls for one user, so that each sees the rows of the previous one.
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
  'Stores a question''s vector and returns it as stored: rounded, and the first one of two concurrent calls. So every '
  'page of a search compares with the same vector. Removes the user''s least recently used questions beyond 200.';

revoke execute on function pipeline_internal.question_vector, pipeline_internal.store_question_vector
  from public, anon, authenticated, service_role;
