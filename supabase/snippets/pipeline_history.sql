-- Documents of each hour in the last month: registered, completed, failed, and the time from upload to completion.
select since, registered_count, transition_count as completed_count, failed_count, p50_seconds, p95_seconds
from pipeline_monitoring.history
where step = '1 hour' and stage = 'document'
order by since desc;
