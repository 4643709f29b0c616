-- A document's whole story.
-- Put an id in: the document's or its job's, the reference of an error, a request's id, or LlamaParse's id of the parse.
select at, kind, what, stage, attempt, code, detail, request_id, run_id, id
from pipeline_monitoring.document_history(pipeline_monitoring.find_document(''))
order by at;
