-- The connections of each role, and the limit of the database.
select role, connection_count, used_count, allowed_count, used_percent
from pipeline_monitoring.connections
order by connection_count desc;
