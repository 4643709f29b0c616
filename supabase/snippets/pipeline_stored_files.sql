-- The files in the bucket.
select kind, file_count, pg_size_pretty(bytes) as size, awaiting_cleanup_count
from pipeline_monitoring.stored_files;
