-- How the workers' runs of the last hour ended.
select stage, ending, run_count, settled_count, average_start_seconds
from pipeline_monitoring.runs
order by stage, run_count desc;
