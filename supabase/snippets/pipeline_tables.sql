-- The sizes of the tables, and their dead rows.
select table_name, pg_size_pretty(table_bytes) as size, pg_size_pretty(index_bytes) as index_size,
       estimated_rows, dead_rows, last_vacuum_at
from pipeline_monitoring.tables
order by table_bytes + index_bytes desc;
