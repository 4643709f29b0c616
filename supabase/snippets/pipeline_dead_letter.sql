-- The dead letter: each job's error, and the statement that redrives it.
select given_up_at, stage, code, message, failed_attempts, filename, document_id, user_id, to_redrive
from pipeline_monitoring.dead_letter
order by given_up_at desc
limit 100;
