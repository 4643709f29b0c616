-- Who has a role in the console.
select * from pipeline_monitoring.console_roles order by role, email;
