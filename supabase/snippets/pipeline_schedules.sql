-- Whether pg_cron runs the schedules.
select schedule, timing, is_active, last_success_at, seconds_since_success, failures_1h, last_failure
from pipeline_monitoring.schedules
order by seconds_since_success desc nulls first;
