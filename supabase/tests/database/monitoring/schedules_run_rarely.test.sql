-- Each run of a schedule costs a process, a row and its WAL, even without work; docs/deploying/sizing.md has the
-- number.
begin;
select plan(3);

create temporary table schedules as
  select jobname,
         case
           when schedule ~ '^\d+ seconds$' then 60.0 / split_part(schedule, ' ', 1)::int
           when schedule = '* * * * *' then 1
           when schedule ~ '^\d+ \* \* \* \*$' then 1 / 60.0
         end as runs_per_minute
  from cron.job where jobname like 'pipeline-%';
select is_empty('select jobname from schedules where runs_per_minute is null', 'knows the interval of every schedule');
select cmp_ok((select sum(runs_per_minute) from schedules), '<', 20.0, 'runs fewer than twenty times a minute');
select is_empty(
  $$select schedule from cron.job where jobname like 'pipeline-%' and schedule like '% seconds'
    group by 1 having count(*) > 1$$,
  'has one schedule per interval of seconds');

select * from finish();
rollback;
