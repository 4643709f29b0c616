-- The sizes of the tables, their dead rows, and an estimate of bloat.
-- What holds vacuum back: select * from pipeline_monitoring.vacuum_blockers().
select table_name, pg_size_pretty(table_bytes) as size, pg_size_pretty(index_bytes) as index_size,
       estimated_rows, dead_rows, vacuum_threshold, pg_size_pretty(bloat_bytes) as bloat, last_vacuum_at
from pipeline_monitoring.tables
order by table_bytes + index_bytes desc;
