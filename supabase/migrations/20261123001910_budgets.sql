-- No more is begun than the month's budget holds. What a document is expected to cost is reserved before it goes into work,
-- and becomes what it did cost. Months are UTC's. Without a budget nothing is reserved and nothing waits.

alter table pipeline_internal.limits
  add column monthly_budget_cents numeric check (monthly_budget_cents >= 0),
  add column monthly_budget_cents_per_user numeric default 75000 check (monthly_budget_cents_per_user >= 0),
  add column expected_bytes_per_page int not null default 2000 check (expected_bytes_per_page > 0);
comment on column pipeline_internal.limits.monthly_budget_cents is
  'What all users together may cost in a month, in US cents. Null: no budget.';
comment on column pipeline_internal.limits.monthly_budget_cents_per_user is
  'What one user may cost in a month, in US cents. Null: no budget. The default is what a user''s daily limits cost in a month at list price.';
comment on column pipeline_internal.limits.expected_bytes_per_page is
  'Bytes for which one page is expected of a file that was not parsed yet.';

create table pipeline_internal.user_budgets (
  user_id uuid primary key references auth.users (id) on delete cascade,
  monthly_cents numeric check (monthly_cents >= 0)
);
comment on table pipeline_internal.user_budgets is
  'Users whose monthly budget is not limits.monthly_budget_cents_per_user; null: none at all.';
alter table pipeline_internal.user_budgets enable row level security;

create table pipeline_internal.reservations (
  job_id uuid primary key references upload_pipeline.upload_jobs (job_id) on delete cascade,
  user_id uuid not null,
  -- What is still expected to be charged.
  cents numeric not null check (cents >= 0)
);
comment on table pipeline_internal.reservations is
  'What documents in work are still expected to cost. Of a job that is not in work it means nothing.';
create index reservations_user_id_idx on pipeline_internal.reservations (user_id);
alter table pipeline_internal.reservations enable row level security;

create function pipeline_internal.budget_of(p_user_id uuid) returns numeric
language plpgsql stable set search_path = '' as $$
begin
  return (
    select case when b.user_id is not null then b.monthly_cents else l.monthly_budget_cents_per_user end
    from pipeline_internal.limits l
    left join pipeline_internal.user_budgets b on b.user_id = p_user_id);
end $$;
comment on function pipeline_internal.budget_of is 'What a user may cost in a month, in US cents; null: as much as they like.';

create function pipeline_internal.budget_month() returns date
language sql stable set search_path = '' as $$
  select date_trunc('month', clock_timestamp() at time zone 'utc')::date
$$;

-- Of everybody and of one: two functions each, so that one user's rows are found without reading everybody's.
create function pipeline_internal.spent_cents() returns numeric
language plpgsql stable set search_path = '' as $$
begin
  return (
    select coalesce(sum(c.cents), 0) from pipeline_internal.daily_costs c where c.day >= pipeline_internal.budget_month());
end $$;
create function pipeline_internal.spent_cents(p_user_id uuid) returns numeric
language plpgsql stable set search_path = '' as $$
begin
  return (
    select coalesce(sum(c.cents), 0) from pipeline_internal.user_costs c
    where c.user_id = p_user_id and c.month >= pipeline_internal.budget_month());
end $$;
comment on function pipeline_internal.spent_cents() is 'What everybody has cost this month.';
comment on function pipeline_internal.spent_cents(uuid) is 'What a user has cost this month.';

create function pipeline_internal.committed_cents() returns numeric
language sql stable set search_path = '' as $$
  select pipeline_internal.spent_cents() + coalesce(sum(r.cents), 0)
  from pipeline_internal.reservations r
  join upload_pipeline.upload_jobs j using (job_id) where j.message_id is not null
$$;
create function pipeline_internal.committed_cents(p_user_id uuid) returns numeric
language sql stable set search_path = '' as $$
  select pipeline_internal.spent_cents(p_user_id) + coalesce(sum(r.cents), 0)
  from pipeline_internal.reservations r
  -- Looked up one by one, here and below: see storage_usage.
  cross join lateral (select message_id from upload_pipeline.upload_jobs where job_id = r.job_id limit 1) j
  where j.message_id is not null and r.user_id = p_user_id
$$;
comment on function pipeline_internal.committed_cents() is
  'What everybody has cost this month, and what the documents in work are still expected to cost.';
comment on function pipeline_internal.committed_cents(uuid) is
  'What a user has cost this month, and what their documents in work are still expected to cost.';

create function pipeline_internal.expected_pages(p_mime text, p_bytes_len bigint, p_page_count int default null)
returns int
language plpgsql stable set search_path = '' as $$
begin
  return (
    select case
      when p_mime like 'image/%' then 1
      -- One more than is allowed is parsed, and paid for, to tell that there are too many.
      else coalesce(p_page_count, least(l.max_pages + 1, ceil(p_bytes_len::numeric / l.expected_bytes_per_page)))
    end
    from pipeline_internal.limits l);
end $$;
comment on function pipeline_internal.expected_pages is
  'How many pages the parser is expected to read of a file: as many as were counted before, else by its size.';

create function pipeline_internal.document_cents(p_mime text, p_bytes_len bigint, p_page_count int default null)
returns numeric
language plpgsql stable set search_path = '' as $$
begin
  return (
    select pipeline_internal.expected_cents(pages.count, case when is_text then p_bytes_len / 4 else 0 end)
           + pipeline_internal.embedding_cents(pages.count)
    from (select p_mime in ('text/plain', 'text/markdown') as is_text) kind
    cross join lateral (
      -- Text needs no parser.
      select case when is_text then 0 else pipeline_internal.expected_pages(p_mime, p_bytes_len, p_page_count) end as count
    ) pages);
end $$;
comment on function pipeline_internal.document_cents is
  'What a document is expected to cost: by its pages if they were counted before, else by its size.';

create function pipeline_internal.reserve_costs(p_user_id uuid, p_job_ids uuid[]) returns uuid[]
language plpgsql set search_path = '' as $$
declare
  v_user_left numeric := pipeline_internal.budget_of(p_user_id);
  v_project_left numeric := (select monthly_budget_cents from pipeline_internal.limits);
  v_job record;
  v_affordable uuid[] := array[]::uuid[];
begin
  if (v_user_left is null and v_project_left is null) or cardinality(p_job_ids) = 0 then return p_job_ids; end if;

  -- What the user's documents that are out of work had left over. One that is being charged for just now is left for later.
  delete from pipeline_internal.reservations where job_id in (
    select r.job_id
    from pipeline_internal.reservations r
    cross join lateral (select message_id from upload_pipeline.upload_jobs where job_id = r.job_id limit 1) j
    where r.user_id = p_user_id and j.message_id is null
    for update of r skip locked);

  v_user_left := v_user_left - pipeline_internal.committed_cents(p_user_id);
  if v_project_left is not null then
    -- The last lock that is waited for, after all lines that this transaction takes.
    perform pg_advisory_xact_lock(hashtextextended('pipeline_internal.monthly_budget', 0));
    v_project_left := v_project_left - pipeline_internal.committed_cents();
  end if;

  for v_job in
    select j.job_id, pipeline_internal.document_cents(
             d.mime, d.bytes_len, coalesce(cardinality(j.pages_to_read), d.page_count)) as cents
    from unnest(p_job_ids) with ordinality given (job_id, ord)
    cross join lateral (select * from upload_pipeline.upload_jobs where job_id = given.job_id limit 1) j
    cross join lateral (select * from upload_pipeline.documents where document_id = j.document_id limit 1) d
    order by given.ord
  loop
    v_user_left := v_user_left - v_job.cents;
    v_project_left := v_project_left - v_job.cents;
    -- Nobody overtakes the one that cannot be paid for.
    exit when v_user_left < 0 or v_project_left < 0;
    insert into pipeline_internal.reservations (job_id, user_id, cents) values (v_job.job_id, p_user_id, v_job.cents)
    on conflict (job_id) do update set cents = excluded.cents;
    v_affordable := v_affordable || v_job.job_id;
  end loop;
  return v_affordable;
end $$;
comment on function pipeline_internal.reserve_costs is
  'Sets aside what the user''s jobs at the door are expected to cost, in this order, and returns those for which the user''s and the project''s budgets of this month hold it. For use behind the user''s line, so that no two documents reserve the same money; the caller puts them into work.';

create function pipeline_internal.exceeded_budget(p_user_id uuid, p_cents numeric)
returns table (scope text, monthly_cents numeric)
language plpgsql stable set search_path = '' as $$
declare
  v_user_cents numeric := pipeline_internal.budget_of(p_user_id);
  v_project_cents numeric := (select l.monthly_budget_cents from pipeline_internal.limits l);
begin
  if v_user_cents is not null and pipeline_internal.spent_cents(p_user_id) + p_cents > v_user_cents then
    return query select 'user', v_user_cents;
  elsif v_project_cents is not null and pipeline_internal.spent_cents() + p_cents > v_project_cents then
    return query select 'project', v_project_cents;
  end if;
end $$;
comment on function pipeline_internal.exceeded_budget is
  'The budget that cannot hold so much more this month, however little the documents in work turn out to cost; no row if both can.';

create function pipeline_internal.budget_summary(p_user_id uuid)
returns table (monthly_cents numeric, spent_cents numeric, reserved_cents numeric, resets_at timestamptz)
language sql stable set search_path = '' as $$
  select budget.cents, spent.cents, pipeline_internal.committed_cents(p_user_id) - spent.cents,
         (pipeline_internal.budget_month() + interval '1 month') at time zone 'utc'
  from (select pipeline_internal.budget_of(p_user_id) as cents) budget,
       (select pipeline_internal.spent_cents(p_user_id) as cents) spent
  where budget.cents is not null
$$;
comment on function pipeline_internal.budget_summary is 'How a user stands with their monthly budget; no row if they have none.';

revoke execute on all functions in schema pipeline_internal from public;
