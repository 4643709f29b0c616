-- LlamaParse's callbacks: awaited, missing, late, refused.
select time_window, submitted_count, awaited_count, missing_count, late_count, p50_seconds, p95_seconds,
       delivery_count, refused_count, last_delivery_at
from pipeline_monitoring.webhooks
order by time_window;
