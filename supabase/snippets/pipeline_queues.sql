-- The messages of each queue, the age of the oldest, and the running invocations.
select stage, message_count, due_count, working_count, postponed_count, oldest_due_seconds, running_count,
       max_invocations, is_circuit_open
from pipeline_monitoring.queues
order by oldest_due_seconds desc;
