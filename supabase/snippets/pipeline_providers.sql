-- Each provider's circuit and capacity.
select provider, is_circuit_open, opened_at, probe_at, code, message, request_capacity_percent, token_capacity_percent
from pipeline_monitoring.providers
order by provider;
