-- What is wrong now, critical problems first.
select kind, subject, severity, since, summary
from pipeline_monitoring.problems
order by severity = 'critical' desc, since desc;
