-- The stages in their order: pauses, concurrency, lease and attempts.
select stage, provider, next_stage, paused_at, paused_because, slots, batch, max_invocations, lease_seconds,
  max_attempts
from pipeline_monitoring.stages
order by position;
