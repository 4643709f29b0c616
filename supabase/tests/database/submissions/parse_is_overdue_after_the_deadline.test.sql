begin;
select plan(3);

create temporary table given as select * from tests.job_at('fetch_result');
create function pg_temp.is_overdue_after(p_seconds int) returns boolean
language plpgsql as $$
begin
  update pipeline_internal.submissions
  set submitted_at = clock_timestamp() - make_interval(secs => p_seconds) where job_id = (select job_id from given);
  return (select is_overdue from pipeline_internal.current_submission((select job_id from given)));
end $$;
select is(pg_temp.is_overdue_after(3590), false, 'is not overdue within an hour');
select is(pg_temp.is_overdue_after(3601), true, 'is overdue after an hour');
update pipeline_internal.limits set parse_deadline_seconds = 7200;
select is(pg_temp.is_overdue_after(3601), false, 'is not overdue when an operator extends the deadline');

select * from finish();
rollback;
