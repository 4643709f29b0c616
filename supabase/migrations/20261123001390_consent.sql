-- The version of the terms that each user agreed to, and when, by the clock of this database; and whether a document
-- requires it.

alter table pipeline_internal.limits
  add column required_consent_version text check (char_length(required_consent_version) between 1 and 64);
comment on column pipeline_internal.limits.required_consent_version is
  'The version of your terms to which users must have agreed before the API accepts a document. Null: none.';

create table pipeline_internal.consents (
  user_id uuid primary key references auth.users (id) on delete cascade,
  consent_version text not null check (char_length(consent_version) between 1 and 64),
  consented_at timestamptz not null default clock_timestamp()
);
comment on table pipeline_internal.consents is
  'The version of the terms that each user agreed to last. The time is the database''s own; the audit log has earlier '
  'versions.';
alter table pipeline_internal.consents enable row level security;

create function pipeline_internal.record_consent(
  p_user_id uuid, p_consent_version text, p_request_id text, p_network cidr default null,
  p_action text default 'consent',
  out outcome text, out consented_at timestamptz, out required_version text
)
language plpgsql set search_path = '' as $$
#variable_conflict use_column
begin
  select l.required_consent_version into strict required_version from pipeline_internal.limits l;
  -- A sign-up is not refused: the user agrees to the version that was shown, and must agree again before the first
  -- document.
  if p_action = 'consent' and required_version <> p_consent_version then
    outcome := 'outdated';
    return;
  end if;

  insert into pipeline_internal.consents as c (user_id, consent_version)
  values (p_user_id, p_consent_version)
  on conflict (user_id) do update
    set consent_version = excluded.consent_version, consented_at = excluded.consented_at
    where c.consent_version <> excluded.consent_version
  returning c.consented_at into consented_at;
  outcome := case when found then 'recorded' else 'known' end;
  if outcome = 'known' then
    select c.consented_at into strict consented_at from pipeline_internal.consents c where c.user_id = p_user_id;
  else
    perform pipeline_internal.record_audit_entry(
      p_action, p_user_id, p_request_id => p_request_id, p_network => p_network,
      p_details => jsonb_build_object('consent_version', p_consent_version));
  end if;
end $$;
comment on function pipeline_internal.record_consent is
  'Records that the user agrees to a version of the terms. Outcome: recorded, with an audit entry; known, with the '
  'earlier time; or outdated, if another version is required. p_action: sign_up or consent.';

create function pipeline_internal.record_sign_up(
  p_user_id uuid, p_consent_version text, p_request_id text, p_network cidr
) returns void
language plpgsql set search_path = '' as $$
begin
  -- Auth invents a user so as not to reveal that an address is taken.
  if exists (select from auth.users where id = p_user_id) then
    perform pipeline_internal.record_consent(p_user_id, p_consent_version, p_request_id, p_network, 'sign_up');
  else
    perform pipeline_internal.record_audit_entry('sign_up', p_request_id => p_request_id, p_network => p_network);
  end if;
end $$;
comment on function pipeline_internal.record_sign_up is
  'Records a sign-up through the API, with the version of the terms that the user agreed to.';

create function pipeline_internal.lacks_consent(p_user_id uuid) returns boolean
language plpgsql stable set search_path = '' as $$
begin
  return exists (
    select from pipeline_internal.limits l
    where l.required_consent_version is not null and not exists (
      select from pipeline_internal.consents c
      where c.user_id = p_user_id and c.consent_version = l.required_consent_version));
end $$;
comment on function pipeline_internal.lacks_consent is
  'Whether the user must still agree to the required version of the terms.';

revoke execute on function
  pipeline_internal.record_consent, pipeline_internal.record_sign_up, pipeline_internal.lacks_consent
  from public, anon, authenticated, service_role;
