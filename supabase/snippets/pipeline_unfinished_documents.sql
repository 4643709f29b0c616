-- Why is this document not finished? Put its id in, or leave the condition out for all that are not.
select sentence, status, state, reason, next_step_at, position, document_id, job_id
from pipeline_monitoring.unfinished_documents
where document_id = coalesce(nullif('', '')::uuid, document_id)
order by reason, next_step_at
limit 100;
