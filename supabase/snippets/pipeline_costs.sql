-- The providers' charges by day.
select day, purpose, model, quantity, credits, cost_cents
from pipeline_monitoring.costs
order by day desc, cost_cents desc;
