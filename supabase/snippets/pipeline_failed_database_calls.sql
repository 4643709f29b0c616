-- The calls of workers in the last hour that were refused or not answered.
select answered_at, status_code, timed_out, message
from pipeline_monitoring.failed_database_calls
order by answered_at desc;
