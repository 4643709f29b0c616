-- The history of a document. Insert an id: of the document, its job, an error's reference, a request, or a parse.
select at, kind, what, stage, attempt, code, detail, request_id, run_id, id
from pipeline_monitoring.document_history(pipeline_monitoring.find_document(''))
order by at;
