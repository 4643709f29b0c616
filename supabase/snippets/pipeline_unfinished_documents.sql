-- Why is this document not finished? Insert its id, or drop the condition to see all unfinished documents.
select sentence, status, state, reason, next_step_at, position, document_id, job_id
from pipeline_monitoring.unfinished_documents
where document_id = coalesce(nullif('', '')::uuid, document_id)
order by reason, next_step_at
limit 100;
