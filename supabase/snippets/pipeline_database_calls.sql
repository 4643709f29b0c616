-- The results of the calls by which the database wakes workers.
select waiting_count, answered_count, refused_count, unanswered_count, last_answer_at, last_failure
from pipeline_monitoring.database_calls;
