begin;
select plan(22);

create temporary table operator as select tests.create_operator() as user_id;
create temporary table people as
  select n, tests.create_user('person') as user_id from generate_series(1, 3) n;
create temporary table given as select p.n, j.* from people p, tests.job_at('fetch_result', p.user_id, p.n::text) j;
-- Its charges come later.
create temporary table done as
  select j.document_id, j.job_id from people p, tests.complete_document(p.user_id, 'done') j where p.n = 1;
update upload_pipeline.documents set page_count = 2 where document_id = (select document_id from done);
grant select on operator, people, given to public;
delete from pipeline_internal.charges;
delete from pipeline_internal.daily_costs;
delete from pipeline_internal.user_costs;
select tests.set_prices();
update pipeline_internal.limits
set monthly_budget_cents = 1000, monthly_budget_cents_per_user = 500, expected_bytes_per_page = 500;
insert into pipeline_internal.user_budgets select user_id, 50 from people where n = 1;
-- The first costs 2 cents for each of 1 page, and so on, and half a cent for each of 4 tokens.
select pipeline_internal.record_charges(
  tests.charge(job_id, n || ':parse', 'parse', n) || tests.charge(job_id, n || ':embed', 'embed', 4)) from given;
select pipeline_internal.record_search(user_id, 'text-embedding-3-small', 2) from people where n = 3;
insert into pipeline_internal.daily_costs (day, purpose, model, part, quantity, credits, cents)
values ((now() at time zone 'utc')::date - 40, 'parse', 'agentic', 0, 7, 70, 9);

create temporary table reserved as
  select sum(r.cents) as cents from pipeline_internal.reservations r join given using (job_id);
grant select on reserved to public;
select tests.act_in_console(user_id) from operator;
select results_eq(
  'select purpose, model, quantity, credits, cents from pipeline_console.cost_days()',
  $$values ('embed', 'text-embedding-3-small', 12::numeric, null::numeric, 6::numeric),
           ('parse', 'cost_effective', 6, 18, 12), ('search', 'text-embedding-3-small', 2, null, 1)$$,
  'shows costs of a day by purpose and model');
select is(array_agg(c.model), '{agentic,text-embedding-3-small,cost_effective,text-embedding-3-small}',
  'shows more days') from pipeline_console.cost_days(90) c;
select results_eq(
  $$select budget_cents, spent_cents, reserved_cents, budget_cents_per_user, resets_at > now()
    from pipeline_console.budget()$$,
  $$select 1000::numeric, 19::numeric, cents, 500::numeric, true from reserved where cents > 0$$,
  'shows the month''s budget');

create temporary table top as select row_number() over (order by c.cents desc) as place, c.*
  from pipeline_console.cost_users() c;
select results_eq(
  'select p.n, t.cents, t.pages, t.tokens, t.budget_cents from top t join people p using (user_id) order by place',
  $$values (3, 9::numeric, 3::numeric, 6::numeric, 500::numeric), (2, 6, 2, 4, 500), (1, 4, 1, 4, 50)$$,
  'lists the users who cost most, with their budget');
select is(array_agg(c.user_id), array_agg(t.user_id), 'bounds a page of users')
  from pipeline_console.cost_users(p_limit => 1) c join top t on t.place = 1;
select is(
  array_agg(c.cents order by c.cents desc), '{6,4}', 'continues after the last user of a page')
  from top t, pipeline_console.cost_users(p_before_cents => t.cents, p_before_id => t.user_id) c where t.place = 1;
select is(count(*), 0::bigint, 'has no costs in another month') from pipeline_console.cost_users('2001-05-17');

select results_eq(
  $$select g.n, c.user_id = g.user_id, c.filename, c.cents, c.charge_count, c.last_day
    from pipeline_console.cost_documents() c join given g using (document_id)$$,
  $$select v.*, (now() at time zone 'utc')::date
    from (values (3, true, '3.pdf', 8::numeric, 2::bigint), (2, true, '2.pdf', 6, 2), (1, true, '1.pdf', 4, 2)) v$$,
  'lists the documents that cost most');
select is(array_agg(c.filename), '{2.pdf}', 'filters documents by user')
  from people p, pipeline_console.cost_documents(p.user_id) c where p.n = 2;
select is(array_agg(c.filename order by c.cents desc), '{2.pdf,1.pdf}', 'continues after the last document of a page')
  from pipeline_console.cost_documents(p_limit => 1) f,
       pipeline_console.cost_documents(p_before_cents => f.cents, p_before_id => f.document_id) c;

select results_eq(
  'select document_count, by_size_cents, by_pages_cents, charged_cents, bytes_per_page, expected_bytes_per_page
   from pipeline_console.cost_expectation()',
  $$values (0::bigint, 0::numeric, 0::numeric, 0::numeric, null::numeric, 500)$$,
  'compares nothing before a document is complete');
reset role;
select pipeline_internal.record_charges(tests.charge(job_id, 'done:parse', 'parse', 5)) from done;
select tests.act_in_console(user_id) from operator;
-- 1,000 bytes are expected to be two pages, at 2 cents, with 1,000 tokens each, at half a cent.
select results_eq(
  'select document_count, by_size_cents, by_pages_cents, charged_cents, bytes_per_page, expected_bytes_per_page
   from pipeline_console.cost_expectation()',
  $$values (1::bigint, 1004::numeric, 1004::numeric, 10::numeric, 500::numeric, 500)$$,
  'compares what complete documents were expected to cost with what was charged');

select ok(p.cents = 2 and p.credits = 3 and p.is_expected and p.source like 'LlamaParse%', 'lists prices')
  from pipeline_console.prices() p where p.model = 'cost_effective';
select pipeline_console.set_price('page', 'cost_effective', 1.5, 'The contract of 2100', 4);
select results_eq(
  $$select p.cents, p.credits, p.source from pipeline_console.prices() p where p.model = 'cost_effective'$$,
  $$values (1.5, 4::numeric, 'The contract of 2100')$$, 'sets a price');
select results_eq(
  $$select a.action, a.details #> '{from,cents}', a.details #> '{to,cents}', a.details #>> '{row,model}', a.operator_id
    from pipeline_console.audit_entries(p_limit => 1) a$$,
  $$select 'setting_changed', '2'::jsonb, '1.5'::jsonb, 'cost_effective', user_id from operator$$,
  'audits who set it, and the price before');
select is(sum(c.cents), 12 + 10.0, 'keeps the price of earlier charges')
  from pipeline_console.cost_days() c where c.purpose = 'parse';
select throws_ok(
  $$select pipeline_console.set_price('page', 'unknown', 1, 'a source')$$, 'P0002',
  'Unknown price: page unknown.', 'refuses an unknown model');
select throws_ok(
  $$select pipeline_console.set_price('page', 'agentic', $$ || value || $$, 'a source', $$ || credits || $$)$$, '22023',
  'A price is zero or more, and credits are more than zero.',
  'refuses ' || value || ' cents, ' || credits || ' credits')
from (values ('-1', 'null'), ('''NaN''', 'null'), ('null', '1'), ('1', '0')) v (value, credits);
select throws_ok(
  $$select pipeline_console.set_price('page', 'agentic', 1, ' ', 1)$$, '22023',
  'A price has a source of up to 500 characters.', 'refuses a price without a source');

select * from finish();
rollback;
