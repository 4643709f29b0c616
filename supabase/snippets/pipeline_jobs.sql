-- The number of jobs per status, state and error.
select status, state, code, waiting_for, is_user_queued, job_count, oldest_update_at
from pipeline_monitoring.jobs
order by job_count desc;
