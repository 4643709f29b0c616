-- Documents with missing text: pages that the parser failed on, found empty or cut off.
select code, filename, pages, page_count, status, message, remedy, document_id, user_id, updated_at
from pipeline_monitoring.document_warnings
order by updated_at desc
limit 100;
