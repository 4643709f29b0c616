-- The cost ledger: what the providers charge, written once, in the transaction that stores what was paid for, or with
-- the settlement of the attempt that failed after the charge. It is the only source of costs.

create table pipeline_internal.prices (
  unit text not null check (unit in ('page', 'token')),
  -- LlamaParse's tier, or OpenAI's model.
  model text not null,
  -- The price of one unit in US cents, and in the provider's own credits, if it has them.
  cents numeric not null check (cents >= 0),
  credits numeric check (credits > 0),
  -- Whether new work is expected to have this price; it is the price that was charged last.
  is_expected boolean not null default false,
  source text not null,
  primary key (unit, model)
);
comment on table pipeline_internal.prices is
  'The prices of the providers. Set the cents to what your account pays; earlier charges keep their price.';
alter table pipeline_internal.prices enable row level security;
insert into pipeline_internal.prices (unit, model, credits, cents, is_expected, source) values
  ('page', 'cost_effective', 3, 0.375, true,
   'LlamaParse: 3 credits a page, $1.25 for 1,000 credits; llamaindex.ai/pricing, 2026'),
  ('page', 'agentic', 10, 1.25, false,
   'LlamaParse: 10 credits a page, $1.25 for 1,000 credits; llamaindex.ai/pricing, 2026'),
  ('page', 'agentic_plus', 45, 5.625, false,
   'LlamaParse: 45 credits a page, $1.25 for 1,000 credits; llamaindex.ai/pricing, 2026'),
  ('token', 'text-embedding-3-small', null, 0.000002, true,
   'OpenAI: $0.02 for a million tokens; platform.openai.com/docs/pricing, 2026');

create table pipeline_internal.charges (
  charge_no bigint generated always as identity primary key,
  -- Identifies a charge that is reported several times: by the submission, or by the lease and the call. Null for the
  -- sum of several charges.
  charge_key text unique,
  -- In UTC, as the month of a budget.
  day date not null default (clock_timestamp() at time zone 'utc')::date,
  purpose text not null check (purpose in ('parse', 'embed', 'search')),
  model text not null,
  -- Pages of a parse, tokens otherwise.
  quantity bigint not null check (quantity >= 0),
  credits numeric,
  cents numeric not null check (cents >= 0),
  -- Null after the user or the document was deleted. No foreign keys: a charge stays true whatever is deleted in the
  -- meantime.
  user_id uuid,
  document_id uuid,
  job_id uuid
);
comment on table pipeline_internal.charges is
  'The cost ledger: one row per parse and per call for embeddings, and one per user and day for searches. The amounts '
  'stay when documents and users are deleted; the references to them are cleared.';
create index charges_user_id_idx on pipeline_internal.charges (user_id);
create index charges_job_id_idx on pipeline_internal.charges (job_id) include (cents);
create index charges_document_id_day_idx on pipeline_internal.charges (document_id, day);
create index charges_cents_idx on pipeline_internal.charges (cents) where document_id is not null;
alter table pipeline_internal.charges enable row level security;

-- Sums of the ledger, so that the cost of checking a budget does not depend on the number of charges.
create table pipeline_internal.daily_costs (
  day date not null,
  purpose text not null,
  model text not null,
  -- Each sum is split into parts, so that concurrent sessions do not wait for each other. A part may be negative: an
  -- amount may be added to one part and subtracted from another.
  part smallint not null,
  quantity bigint not null,
  credits numeric,
  cents numeric not null,
  primary key (day, purpose, model, part)
);
comment on table pipeline_internal.daily_costs is 'The charges of all users per day, summed over all parts.';
alter table pipeline_internal.daily_costs enable row level security;

create table pipeline_internal.user_costs (
  -- Without a foreign key, as in the ledger.
  user_id uuid not null,
  month date not null,
  purpose text not null,
  quantity bigint not null,
  cents numeric not null,
  primary key (user_id, month, purpose)
);
comment on table pipeline_internal.user_costs is 'The charges of each user per month.';
alter table pipeline_internal.user_costs enable row level security;

create type pipeline_internal.cost as (
  day date, purpose text, model text, user_id uuid, quantity bigint, credits numeric, cents numeric
);

create function pipeline_internal.add_to_costs(p_costs pipeline_internal.cost[]) returns void
language plpgsql set search_path = '' as $$
begin
  -- All sessions lock the sums in the same order.
  insert into pipeline_internal.daily_costs as c (day, purpose, model, part, quantity, credits, cents)
  select a.day, a.purpose, a.model, pg_backend_pid() % 64, sum(a.quantity), sum(a.credits), sum(a.cents)
  from unnest(p_costs) a
  group by a.day, a.purpose, a.model having sum(a.quantity) <> 0 or sum(a.cents) <> 0 or sum(a.credits) <> 0
  order by a.day, a.purpose, a.model
  on conflict (day, purpose, model, part) do update
    set quantity = c.quantity + excluded.quantity, cents = c.cents + excluded.cents,
        credits = coalesce(c.credits + excluded.credits, c.credits, excluded.credits);

  insert into pipeline_internal.user_costs as c (user_id, month, purpose, quantity, cents)
  select a.user_id, date_trunc('month', a.day)::date, a.purpose, sum(a.quantity), sum(a.cents)
  from unnest(p_costs) a
  where a.user_id is not null
  group by 1, 2, 3 having sum(a.quantity) <> 0 or sum(a.cents) <> 0
  order by 1, 2, 3
  on conflict (user_id, month, purpose) do update
    set quantity = c.quantity + excluded.quantity, cents = c.cents + excluded.cents;
end $$;
comment on function pipeline_internal.add_to_costs is
  'Adds costs to the sums of the ledger; removed costs are negative. A sum that does not change is not written.';

create function pipeline_internal.on_charges_added() returns trigger
language plpgsql set search_path = '' as $$
begin
  perform pipeline_internal.add_to_costs(array(
    select (a.day, a.purpose, a.model, a.user_id, a.quantity, a.credits, a.cents)::pipeline_internal.cost
    from added a));
  return null;
end $$;
create function pipeline_internal.on_charges_changed() returns trigger
language plpgsql set search_path = '' as $$
begin
  perform pipeline_internal.add_to_costs(array(
    select (day, purpose, model, user_id, sum(quantity), sum(credits), sum(cents))::pipeline_internal.cost
    from (
      select day, purpose, model, user_id, quantity, credits, cents from added
      union all
      select day, purpose, model, user_id, -quantity, -credits, -cents from gone) change
    group by day, purpose, model, user_id));
  return null;
end $$;
create function pipeline_internal.on_charges_removed() returns trigger
language plpgsql set search_path = '' as $$
begin
  perform pipeline_internal.add_to_costs(array(
    select (day, purpose, model, user_id, -sum(quantity), -sum(credits), -sum(cents))::pipeline_internal.cost
    from gone group by day, purpose, model, user_id));
  return null;
end $$;
-- One trigger per operation, because only an update has both transition tables.
create trigger add_up_added after insert on pipeline_internal.charges
  referencing new table as added for each statement execute function pipeline_internal.on_charges_added();
create trigger add_up_changed after update on pipeline_internal.charges
  referencing old table as gone new table as added
  for each statement execute function pipeline_internal.on_charges_changed();
create trigger add_up_removed after delete on pipeline_internal.charges
  referencing old table as gone for each statement execute function pipeline_internal.on_charges_removed();

create function pipeline_internal.price(p_unit text, p_model text) returns pipeline_internal.prices
language sql stable set search_path = '' as $$
  select p from pipeline_internal.prices p where p.unit = p_unit order by p.model = p_model desc, p.cents desc limit 1
$$;
comment on function pipeline_internal.price is
  'The price of a model. An unlisted model has the highest price of its unit, so that no budget is exceeded unnoticed.';

create function pipeline_internal.lock_user_if_exists(p_user_id uuid) returns uuid
language sql set search_path = '' as $$
  select u.id from auth.users u where u.id = p_user_id for key share skip locked
$$;
comment on function pipeline_internal.lock_user_if_exists is
  'Locks the user until this transaction ends and returns the id; null if the user does not exist or is being deleted, '
  'because waiting for that deletion could deadlock.';

create function pipeline_internal.correct_counted_pages(p_charges jsonb, p_held_job_ids uuid[]) returns void
language sql set search_path = '' as $$
  with reported as (
    select substring(c.key from '^parse:([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})$')::uuid as submission_id,
           c.quantity
    from jsonb_to_recordset(p_charges) as c (key text, purpose text, quantity int, job_id uuid)
    where c.purpose = 'parse' and c.job_id = any (p_held_job_ids)
  ), corrected as (
    update pipeline_internal.submissions s set counted_pages = t.quantity
    from reported t, pipeline_internal.submissions before
    where s.submission_id = t.submission_id and before.submission_id = t.submission_id and s.counted_pages <> t.quantity
    returning s.job_id, t.quantity - before.counted_pages as more
  ), counted as (
    select a.key, sum.more
    from (
      select 'pages:' || j.user_id as key, sum(c.more)::int as more
      from corrected c join upload_pipeline.upload_jobs j using (job_id) group by 1) sum
    join pipeline_internal.rate_limits a on a.key = sum.key and a.resets_at > clock_timestamp()
    -- All settlements lock the rows of several users in the same order.
    order by a.key for update of a
  )
  update pipeline_internal.rate_limits a set used_count = greatest(0, a.used_count + c.more)
  from counted c where a.key = c.key
$$;
comment on function pipeline_internal.correct_counted_pages is
  'Corrects the owner''s daily pages to what the parser read, instead of what was estimated at submission. p_charges: '
  'as for record_charges; a repeated report changes nothing.';

create function pipeline_internal.record_charges(p_charges jsonb, p_held_job_ids uuid[] default '{}') returns void
language plpgsql set search_path = '' as $$
begin
  if jsonb_array_length(p_charges) = 0 then return; end if;

  with reported as (
    select c.*, p.cents as price_cents, p.credits as price_credits
    from jsonb_to_recordset(p_charges) as c (
      key text, purpose text, model text, quantity bigint, credits numeric, job_id uuid, user_id uuid)
    cross join lateral pipeline_internal.price(case c.purpose when 'parse' then 'page' else 'token' end, c.model) p
  ), recorded as (
    insert into pipeline_internal.charges (
      charge_key, purpose, model, quantity, credits, cents, user_id, document_id, job_id)
    select t.key, t.purpose, t.model, t.quantity, coalesce(t.credits, t.quantity * t.price_credits),
           -- The credits that the provider billed take precedence over the listed price.
           coalesce(t.credits * t.price_cents / t.price_credits, t.quantity * t.price_cents),
           -- A deletion waits for the holder of a job. It sees no charge that is written at the same time for other
           -- jobs.
           case when j.job_id = any (p_held_job_ids) then j.user_id
                else pipeline_internal.lock_user_if_exists(coalesce(j.user_id, t.user_id)) end,
           j.document_id, j.job_id
    from reported t
    left join upload_pipeline.upload_jobs j on j.job_id = t.job_id
    order by t.key
    on conflict (charge_key) do nothing
    returning *
  )
  -- Only for jobs whose leases the caller holds: a transaction that admits a job holds the lock of a user queue, and
  -- must not wait for this one, which may want that lock. A charge of a lost lease comes on top: the current holder of
  -- the job reports the same parse again, and requests the same vectors once more.
  update pipeline_internal.reservations r
  set cents = case when c.pages is not null then pipeline_internal.embedding_cents(c.pages)
                   else greatest(0, r.cents - c.cents) end
  from (
    select t.job_id, sum(n.cents) as cents, max(t.quantity) filter (where t.purpose = 'parse') as pages
    from reported t left join recorded n on n.charge_key = t.key
    where t.job_id = any (p_held_job_ids) and (t.purpose = 'parse' or n.charge_key is not null)
    group by t.job_id
  ) c
  where r.job_id = c.job_id;

  perform pipeline_internal.correct_counted_pages(p_charges, p_held_job_ids);

  -- The next document is expected to have the price of the latest charge.
  update pipeline_internal.prices p set is_expected = not p.is_expected
  from (
    select distinct on (unit) unit, model
    from (select case c.purpose when 'parse' then 'page' else 'token' end as unit, c.model
          from jsonb_to_recordset(p_charges) as c (purpose text, model text)) used
    join pipeline_internal.prices known using (unit, model)
    order by unit, model
  ) used
  where p.unit = used.unit and p.is_expected <> (p.model = used.model);
end $$;
comment on function pipeline_internal.record_charges is
  'Records what a provider charged, each key once, at the current prices, and reduces the reservations of jobs whose '
  'leases the caller holds by it. p_charges: [{key, purpose: parse|embed, model, quantity, credits?, job_id, '
  'user_id}]. Charges are facts about the provider: those of a lost attempt, or of a deleted document, count as well.';

create function pipeline_internal.record_search(p_user_id uuid, p_model text, p_tokens bigint) returns void
language sql set search_path = '' as $$
  insert into pipeline_internal.charges as c (charge_key, day, purpose, model, quantity, cents, user_id)
  select case when asker.id is not null then format('search:%s:%s:%s', today.day, asker.id, p_model) end,
         today.day, 'search', p_model, p_tokens, p_tokens * (pipeline_internal.price('token', p_model)).cents, asker.id
  from (select (clock_timestamp() at time zone 'utc')::date as day) today
  cross join pipeline_internal.lock_user_if_exists(p_user_id) asker (id)
  on conflict (charge_key) do update set quantity = c.quantity + excluded.quantity, cents = c.cents + excluded.cents
$$;
comment on function pipeline_internal.record_search is
  'Adds the tokens of an embedded question to the user''s searches of the day.';

create function pipeline_internal.job_costs(p_job_ids uuid[]) returns table (job_id uuid, cost_cents numeric)
language sql stable set search_path = '' as $$
  select id, round(coalesce(sum(c.cents), 0), 4)
  from unnest(p_job_ids) id
  left join pipeline_internal.charges c on c.job_id = id
  group by id
$$;
comment on function pipeline_internal.job_costs is
  'The charges of each job so far, in US cents, over all attempts of its life.';

create function pipeline_internal.expected_cents(p_pages numeric, p_tokens numeric) returns numeric
language plpgsql stable set search_path = '' as $$
begin
  return (
    select coalesce(sum(price.cents * case price.unit when 'page' then p_pages else p_tokens end), 0)
    from (
      select distinct on (unit) unit, cents from pipeline_internal.prices order by unit, is_expected desc, cents desc
    ) price);
end $$;
comment on function pipeline_internal.expected_cents is
  'The expected cost of pages and tokens with the models in use, in US cents.';

create function pipeline_internal.embedding_cents(p_pages numeric) returns numeric
language plpgsql stable set search_path = '' as $$
begin
  return pipeline_internal.expected_cents(0, 1000 * p_pages);
end $$;
comment on function pipeline_internal.embedding_cents is
  'The expected cost of embedding pages of unknown content. A page is assumed to have 1,000 tokens.';

create function pipeline_internal.on_documents_deleted() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update pipeline_internal.charges c set document_id = null, job_id = null
  from gone where c.document_id = gone.document_id;
  return null;
end $$;
comment on function pipeline_internal.on_documents_deleted is
  'Clears the document in its charges; their amounts stay in the owner''s sums. Runs as its owner: Auth deletes users, '
  'and with them their documents.';
create trigger detach_charges after delete on upload_pipeline.documents
  referencing old table as gone
  for each statement execute function pipeline_internal.on_documents_deleted();

create function pipeline_internal.on_user_deleted() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- The key of a day's searches contains the user's id.
  update pipeline_internal.charges
  set user_id = null, charge_key = case when purpose = 'search' then null else charge_key end
  where user_id = old.id;
  delete from pipeline_internal.user_costs where user_id = old.id;
  return null;
end $$;
comment on function pipeline_internal.on_user_deleted is
  'Clears the user in their charges; their amounts stay in the project''s sums. Runs as its owner: Auth deletes users, '
  'and has no rights on the pipeline.';
create trigger detach_charges after delete on auth.users
  for each row execute function pipeline_internal.on_user_deleted();

create function pipeline_internal.compact_charges() returns bigint
language sql set search_path = '' as $$
  -- Charges that were written during the deletion of their document or user.
  update pipeline_internal.charges c set document_id = null, job_id = null
  where c.document_id is not null
    and not exists (select from upload_pipeline.documents d where d.document_id = c.document_id);
  update pipeline_internal.charges c
  set user_id = null, charge_key = case when purpose = 'search' then null else charge_key end
  where c.user_id is not null and not exists (select from auth.users u where u.id = c.user_id);
  delete from pipeline_internal.user_costs c where not exists (select from auth.users u where u.id = c.user_id);

  -- A past day needs no parts, and an empty sum no row.
  with parts as (
    delete from pipeline_internal.daily_costs
    where day < (clock_timestamp() at time zone 'utc')::date
      and (day, purpose, model) in (
        select day, purpose, model from pipeline_internal.daily_costs
        group by 1, 2, 3 having count(*) > 1 or (sum(quantity) = 0 and sum(cents) = 0))
    returning *
  )
  insert into pipeline_internal.daily_costs (day, purpose, model, part, quantity, credits, cents)
  select day, purpose, model, 0, sum(quantity), sum(credits), sum(cents)
  from parts group by day, purpose, model having sum(quantity) <> 0 or sum(cents) <> 0;

  with gone as (
    -- A charge may be reported again for two days; no lease is older than that.
    delete from pipeline_internal.charges
    where document_id is null and day < (clock_timestamp() at time zone 'utc')::date - 2
      and (day, purpose, model, coalesce(user_id::text, '')) in (
        select day, purpose, model, coalesce(user_id::text, '') from pipeline_internal.charges
        where document_id is null group by 1, 2, 3, 4 having count(*) > 1)
    returning *
  ), summed as (
    insert into pipeline_internal.charges (day, purpose, model, quantity, credits, cents, user_id)
    select day, purpose, model, sum(quantity), sum(credits), sum(cents), user_id
    from gone group by day, purpose, model, user_id
  )
  select count(*) from gone
$$;
comment on function pipeline_internal.compact_charges is
  'Replaces the charges of deleted documents by one row per day, user and model. The sums stay the same.';

revoke execute on all functions in schema pipeline_internal from public;
