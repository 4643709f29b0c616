-- How many jobs have each status, state and error.
select status, state, code, waiting_for, is_in_line, job_count, oldest_move_at
from pipeline_monitoring.jobs
order by job_count desc;
