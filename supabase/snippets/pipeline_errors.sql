-- Retries, pauses and failures by error code.
select time_window, type, stage, code, event_count, last_at
from pipeline_monitoring.errors
order by time_window, event_count desc;
