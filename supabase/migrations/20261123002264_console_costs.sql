-- The console's costs: what was charged, for what and for whom, the month's budget, and prices.

create function pipeline_console.cost_days(p_days int default 30) returns table (
  day date, purpose text, model text, quantity numeric, credits numeric, cents numeric)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select c.day, c.purpose, c.model, c.quantity, c.credits, c.cost_cents from pipeline_monitoring.costs c
  where c.day > (now() at time zone 'utc')::date - least(greatest(coalesce(p_days, 30), 1), 92)
  order by c.day, c.purpose, c.model;
end $$;
comment on function pipeline_console.cost_days is
  'The charges of each day (UTC) by purpose and model, the tier of a parse; up to 92 days. The quantity is pages of a '
  'parse, tokens otherwise. @nullable credits';
select pipeline_internal.open_to_console('pipeline_console.cost_days', true);

create function pipeline_console.budget() returns table (
  month date, resets_at timestamptz, budget_cents numeric, spent_cents numeric, reserved_cents numeric,
  budget_cents_per_user numeric)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select m.month, (m.month + interval '1 month') at time zone 'utc', l.monthly_budget_cents, s.cents,
         pipeline_internal.committed_cents() - s.cents, l.monthly_budget_cents_per_user
  from pipeline_internal.limits l,
       (select pipeline_internal.budget_month() as month) m,
       (select pipeline_internal.spent_cents() as cents) s;
end $$;
comment on function pipeline_console.budget is
  'The project''s budget of this month (UTC), what was charged, and what active documents are expected to cost beyond '
  'that, if there is a budget to reserve from. @nullable budget_cents, budget_cents_per_user';
select pipeline_internal.open_to_console('pipeline_console.budget');

create function pipeline_console.cost_users(
  p_month date default null, p_before_cents numeric default null, p_before_id uuid default null,
  p_limit int default 20
) returns table (
  user_id uuid, cents numeric, pages numeric, tokens numeric, budget_cents numeric)
language plpgsql stable security definer set search_path = '' set jit = off as $$
declare
  v_month date := coalesce(date_trunc('month', p_month)::date, pipeline_internal.budget_month());
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select t.user_id, t.cents, t.pages, t.tokens, pipeline_internal.budget_of(t.user_id)
  from (
    select c.user_id, sum(c.cents) as cents,
           coalesce(sum(c.quantity) filter (where c.purpose = 'parse'), 0) as pages,
           coalesce(sum(c.quantity) filter (where c.purpose <> 'parse'), 0) as tokens
    from pipeline_internal.user_costs c where c.month = v_month
    group by c.user_id
    having p_before_cents is null or (sum(c.cents), c.user_id) < (p_before_cents, p_before_id)
    order by 2 desc, 1 desc
    limit least(greatest(coalesce(p_limit, 20), 1), 200)) t
  order by t.cents desc, t.user_id desc;
end $$;
comment on function pipeline_console.cost_users is
  'The users who cost most in a month (UTC), by default this one, with their budget; continues after the amount and '
  'the user that were last. @nullable budget_cents';
select pipeline_internal.open_to_console('pipeline_console.cost_users');

create function pipeline_console.cost_documents(
  p_user_id uuid default null, p_days int default 30, p_before_cents numeric default null,
  p_before_id uuid default null, p_limit int default 20
) returns table (
  document_id uuid, user_id uuid, filename text, page_count int, cents numeric, charge_count bigint, last_day date)
language plpgsql stable security definer set search_path = '' as $$
declare
  v_from date := (now() at time zone 'utc')::date - least(greatest(coalesce(p_days, 30), 1), 92);
  v_limit int := least(greatest(coalesce(p_limit, 20), 1), 200);
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  with dear as (
    (select distinct d.document_id
     from (
       select c.document_id from pipeline_internal.charges c
       where c.document_id is not null and c.day > v_from
       order by c.cents desc limit 2000) d
     where p_user_id is null)
    union all
    (select distinct c.document_id from pipeline_internal.charges c
     where c.document_id is not null and c.day > v_from and c.user_id = p_user_id)
  ), costs as (
    select d.document_id, c.cents, c.charge_count, c.last_day
    from dear d
    cross join lateral (
      select sum(c.cents) as cents, count(*) as charge_count, max(c.day) as last_day
      from pipeline_internal.charges c where c.document_id = d.document_id and c.day > v_from) c
  ), top as (
    select * from costs c
    where p_before_cents is null or (c.cents, c.document_id) < (p_before_cents, p_before_id)
    order by c.cents desc, c.document_id desc limit v_limit
  )
  select t.document_id, d.user_id, d.filename, d.page_count, t.cents, t.charge_count, t.last_day
  from top t join upload_pipeline.documents d using (document_id)
  order by t.cents desc, t.document_id desc;
end $$;
comment on function pipeline_console.cost_documents is
  'The documents that cost most within some days, up to 92: of one user, or of all users those with the 2,000 dearest '
  'charges; continues after the amount and the document that were last. @nullable page_count';
select pipeline_internal.open_to_console('pipeline_console.cost_documents');

create function pipeline_console.cost_expectation(p_count int default 200) returns table (
  document_count bigint, by_size_cents numeric, by_pages_cents numeric, charged_cents numeric,
  bytes_per_page numeric, expected_bytes_per_page int)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  with recent as materialized (
    select c.document_id
    from (
      select c.document_id, c.charge_no from pipeline_internal.charges c where c.purpose = 'parse'
      order by c.charge_no desc limit 4 * least(greatest(coalesce(p_count, 200), 1), 500)) c
    where c.document_id is not null
    group by c.document_id order by max(c.charge_no) desc limit least(greatest(coalesce(p_count, 200), 1), 500)
  ), compared as (
    select d.bytes_len, d.page_count,
           pipeline_internal.document_cents(d.mime, d.bytes_len) as by_size,
           pipeline_internal.document_cents(d.mime, d.bytes_len, d.page_count) as by_pages,
           (select sum(c.cents) from pipeline_internal.charges c where c.document_id = d.document_id) as charged
    from recent r
    join upload_pipeline.documents d using (document_id)
    join upload_pipeline.upload_jobs j using (document_id)
    where d.page_count > 0 and j.status = 'complete'
  )
  select count(c.bytes_len), coalesce(sum(c.by_size), 0), coalesce(sum(c.by_pages), 0), coalesce(sum(c.charged), 0),
         round(sum(c.bytes_len) / nullif(sum(c.page_count), 0)), l.expected_bytes_per_page
  from pipeline_internal.limits l left join compared c on true
  group by l.expected_bytes_per_page;
end $$;
comment on function pipeline_console.cost_expectation is
  'What the latest completed documents were expected to cost, by their size (before the parse) and by their pages (at '
  'present prices), and what was charged for them, every parse of their lives included. @nullable bytes_per_page';
select pipeline_internal.open_to_console('pipeline_console.cost_expectation');

create function pipeline_console.prices() returns table (
  unit text, model text, cents numeric, credits numeric, is_expected boolean, source text)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select p.unit, p.model, p.cents, p.credits, p.is_expected, p.source from pipeline_internal.prices p
  order by p.unit, p.cents, p.model;
end $$;
comment on function pipeline_console.prices is
  'The prices of a page by tier and of a token by model, in US cents and in the provider''s credits; new documents are '
  'expected to have the price that is marked. @nullable credits';
select pipeline_internal.open_to_console('pipeline_console.prices');

create function pipeline_console.set_price(
  p_unit text, p_model text, p_cents numeric, p_source text, p_credits numeric default null
) returns void
language plpgsql security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('operator');
  if p_cents is null or p_cents < 0 or p_cents in ('NaN', 'Infinity') or p_credits <= 0
     or p_credits in ('NaN', 'Infinity') then
    raise exception 'A price is zero or more, and credits are more than zero.' using
      errcode = 'invalid_parameter_value';
  end if;
  if p_source is null or btrim(p_source) = '' or char_length(p_source) > 500 then
    raise exception 'A price has a source of up to 500 characters.' using errcode = 'invalid_parameter_value';
  end if;
  -- The audit entry is that of every changed setting; it names the operator.
  update pipeline_internal.prices p set cents = p_cents, credits = p_credits, source = p_source
  where p.unit = p_unit and p.model = p_model;
  if not found then
    raise exception 'Unknown price: %.', concat_ws(' ', p_unit, p_model) using errcode = 'no_data_found';
  end if;
end $$;
comment on function pipeline_console.set_price is
  'Sets what a unit of a model costs from now on, in US cents and in the provider''s credits, if it has them. Earlier '
  'charges keep their price. @throws no_data_found for an unknown unit or model, invalid_parameter_value for an '
  'invalid price or source.';
select pipeline_internal.open_to_console('pipeline_console.set_price');
