-- Monthly budgets (UTC). The expected cost of a document is reserved before it becomes active, and replaced by its
-- charges. Without a budget nothing is reserved, and no document waits for it.

alter table pipeline_internal.limits
  add column monthly_budget_cents numeric check (monthly_budget_cents >= 0),
  add column monthly_budget_cents_per_user numeric default 75000 check (monthly_budget_cents_per_user >= 0),
  add column expected_bytes_per_page int not null default 2000 check (expected_bytes_per_page > 0);
comment on column pipeline_internal.limits.monthly_budget_cents is
  'What all users together may cost in a month, in US cents. Null: no budget.';
comment on column pipeline_internal.limits.monthly_budget_cents_per_user is
  'What one user may cost in a month, in US cents. Null: no budget. The default is what a user''s daily limits cost '
  'in a month at list price.';
comment on column pipeline_internal.limits.expected_bytes_per_page is
  'Bytes for which one page is expected of a file that was not parsed yet.';

create table pipeline_internal.user_budgets (
  user_id uuid primary key references auth.users (id) on delete cascade,
  monthly_cents numeric check (monthly_cents >= 0)
);
comment on table pipeline_internal.user_budgets is
  'Users whose monthly budget differs from limits.monthly_budget_cents_per_user; null: no budget.';
alter table pipeline_internal.user_budgets enable row level security;

create table pipeline_internal.reservations (
  job_id uuid primary key references upload_pipeline.upload_jobs (job_id) on delete cascade,
  user_id uuid not null,
  -- The expected cost that has not been charged yet.
  cents numeric not null check (cents >= 0)
);
comment on table pipeline_internal.reservations is
  'The expected remaining cost of active documents. A row of a job that is not active is meaningless.';
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
comment on function pipeline_internal.budget_of is 'The monthly budget of a user, in US cents; null: unlimited.';

create function pipeline_internal.budget_month() returns date
language sql stable set search_path = '' as $$
  select date_trunc('month', clock_timestamp() at time zone 'utc')::date
$$;

-- Two functions each, for all users and for one, so that the rows of one user are found without reading the others.
create function pipeline_internal.spent_cents() returns numeric
language plpgsql stable set search_path = '' as $$
begin
  return (
    select coalesce(sum(c.cents), 0) from pipeline_internal.daily_costs c
    where c.day >= pipeline_internal.budget_month());
end $$;
create function pipeline_internal.spent_cents(p_user_id uuid) returns numeric
language plpgsql stable set search_path = '' as $$
begin
  return (
    select coalesce(sum(c.cents), 0) from pipeline_internal.user_costs c
    where c.user_id = p_user_id and c.month >= pipeline_internal.budget_month());
end $$;
comment on function pipeline_internal.spent_cents() is 'The charges of all users this month.';
comment on function pipeline_internal.spent_cents(uuid) is 'The charges of a user this month.';

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
  -- One lookup per row, here and below: see storage_usage.
  cross join lateral (select message_id from upload_pipeline.upload_jobs where job_id = r.job_id limit 1) j
  where j.message_id is not null and r.user_id = p_user_id
$$;
comment on function pipeline_internal.committed_cents() is
  'The charges of all users this month, plus the reservations of active documents.';
comment on function pipeline_internal.committed_cents(uuid) is
  'The charges of a user this month, plus the reservations of the user''s active documents.';

create function pipeline_internal.expected_pages(p_mime text, p_bytes_len bigint, p_page_count int default null)
returns int
language plpgsql stable set search_path = '' as $$
begin
  return (
    select case
      when p_mime like 'image/%' then 1
      -- The parser reads, and charges for, one page more than allowed, to detect that there are too many.
      else coalesce(p_page_count, least(l.max_pages + 1, ceil(p_bytes_len::numeric / l.expected_bytes_per_page)))
    end
    from pipeline_internal.limits l);
end $$;
comment on function pipeline_internal.expected_pages is
  'The pages that the parser is expected to read of a file: the known page count, or an estimate from its size.';

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
      select case
        when is_text then 0 else pipeline_internal.expected_pages(p_mime, p_bytes_len, p_page_count) end as count
    ) pages);
end $$;
comment on function pipeline_internal.document_cents is
  'The expected cost of a document: from the known page count, or from its size.';

create function pipeline_internal.reserve_costs(p_user_id uuid, p_job_ids uuid[]) returns uuid[]
language plpgsql set search_path = '' as $$
declare
  v_user_left numeric := pipeline_internal.budget_of(p_user_id);
  v_project_left numeric := (select monthly_budget_cents from pipeline_internal.limits);
  v_job record;
  v_affordable uuid[] := array[]::uuid[];
begin
  if (v_user_left is null and v_project_left is null) or cardinality(p_job_ids) = 0 then return p_job_ids; end if;

  -- Removes reservations of the user's documents that are no longer active. A row that a settlement has locked is
  -- removed later.
  delete from pipeline_internal.reservations where job_id in (
    select r.job_id
    from pipeline_internal.reservations r
    cross join lateral (select message_id from upload_pipeline.upload_jobs where job_id = r.job_id limit 1) j
    where r.user_id = p_user_id and j.message_id is null
    for update of r skip locked);

  v_user_left := v_user_left - pipeline_internal.committed_cents(p_user_id);
  if v_project_left is not null then
    -- Lock order: the last lock that this transaction waits for, after the locks of all user queues.
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
    -- No document overtakes one that the budget does not cover.
    exit when v_user_left < 0 or v_project_left < 0;
    insert into pipeline_internal.reservations (job_id, user_id, cents) values (v_job.job_id, p_user_id, v_job.cents)
    on conflict (job_id) do update set cents = excluded.cents;
    v_affordable := v_affordable || v_job.job_id;
  end loop;
  return v_affordable;
end $$;
comment on function pipeline_internal.reserve_costs is
  'Reserves the expected cost of the user''s waiting jobs, in this order, and returns those that the monthly budgets '
  'of the user and of the project cover. The caller holds the lock of the user queue, so no two documents reserve the '
  'same money, and then admits these jobs.';

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
  'The budget that cannot cover this amount this month, even if the active documents cost nothing more; no row if both '
  'can.';

create function pipeline_internal.budget_summary(p_user_id uuid)
returns table (monthly_cents numeric, spent_cents numeric, reserved_cents numeric, resets_at timestamptz)
language sql stable set search_path = '' as $$
  select budget.cents, spent.cents, pipeline_internal.committed_cents(p_user_id) - spent.cents,
         (pipeline_internal.budget_month() + interval '1 month') at time zone 'utc'
  from (select pipeline_internal.budget_of(p_user_id) as cents) budget,
       (select pipeline_internal.spent_cents(p_user_id) as cents) spent
  where budget.cents is not null
$$;
comment on function pipeline_internal.budget_summary is
  'The state of a user''s monthly budget; no row without a budget.';

revoke execute on all functions in schema pipeline_internal from public;
