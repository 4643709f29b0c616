-- Which provider is left alone, since when, why, and what may still be asked of each.
select provider, is_circuit_open, opened_at, probe_at, code, message, request_capacity_percent, token_capacity_percent
from pipeline_monitoring.providers
order by provider;
