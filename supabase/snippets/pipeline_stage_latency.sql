-- Throughput and latency of each stage over 5 minutes, an hour and a day; `document` is the whole time.
select stage, time_window, transition_count, per_minute, p50_seconds, p95_seconds, p99_seconds
from pipeline_monitoring.stage_latency
order by stage, transition_count;
