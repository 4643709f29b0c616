begin;
select plan(9);

select tests.set_prices();
create temporary table ada as select tests.create_user() as user_id;
create temporary table given as select j.* from ada, tests.job_at('fetch_result', user_id) j;
select pipeline_internal.record_charges(tests.charge(job_id, 'outlive:1', 'parse', 3)) from given;
select pipeline_internal.record_charges(tests.charge(job_id, 'outlive:2', 'parse', 4)) from given;
select pipeline_internal.record_search(user_id, 'text-embedding-3-small', 10) from ada;
select pipeline_internal.record_search(user_id, 'text-embedding-3-small', 10) from ada;
create temporary table mine as select charge_no from pipeline_internal.charges join ada using (user_id);
create temporary table telling as select tests.charge(job_id, 'outlive:3', 'parse', 1) as charges from given;

select is(pipeline_internal.spent_cents(user_id), 24.0, 'charges seven pages and twenty tokens') from ada;
select is((select count(*) from mine), 3::bigint, 'sums up the searches of a day in one row');
select pipeline_internal.delete_document(user_id, document_id) from given;
select is(pipeline_internal.spent_cents(user_id), 24.0, 'keeps the amounts when the document is deleted') from ada;
select is_empty(
  'select from pipeline_internal.charges join mine using (charge_no) where document_id is not null or job_id is not '
  'null',
  'clears the document');
select pipeline_internal.record_charges(charges) from telling;
select is(pipeline_internal.spent_cents(user_id), 26.0, 'records a charge after the deletion') from ada;

update pipeline_internal.charges set day = day - 3 where user_id = (select user_id from ada);
create temporary table before as
  select day, purpose, model, sum(quantity) as quantity, sum(credits) as credits, sum(cents) as cents, user_id
  from pipeline_internal.charges join ada using (user_id) group by day, purpose, model, user_id;
select pipeline_internal.compact_charges();
select results_eq(
  'select day, purpose, model, quantity::numeric, credits, cents, user_id from pipeline_internal.charges join ada '
  'using (user_id) order by purpose',
  'select * from before order by purpose', 'compacts the charges to one row per day and purpose');

insert into mine select charge_no from pipeline_internal.charges join ada using (user_id) except select charge_no
  from mine;
delete from auth.users where id = (select user_id from ada);
select is_empty(
  'select from pipeline_internal.charges join mine using (charge_no) where user_id is not null', 'clears the user');
select is_empty(
  $$select from pipeline_internal.charges, ada where charge_key like '%' || ada.user_id || '%'$$,
    'clears the user in every row');
select is(
  (select sum(cents) from pipeline_internal.charges join mine using (charge_no)), 26.0,
    'keeps the amounts when the user is deleted');

select * from finish();
rollback;
