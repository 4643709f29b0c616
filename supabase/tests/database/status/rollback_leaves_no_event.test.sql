begin;
select plan(2);

create temporary table given as select * from tests.job_at('parse');
create temporary table before as select tests.snapshot(job_id) as picture from given;

create function pg_temp.settle_and_fail() returns void
language plpgsql as $$
begin
  perform tests.finish_parse((select job_id from given));
  raise exception 'the connection broke before the commit';
end $$;
select throws_ok('select pg_temp.settle_and_fail()', 'the connection broke before the commit');
select is(
  tests.snapshot((select job_id from given)), (select picture from before),
  'leaves no status, event, message or submission');

select * from finish();
rollback;
