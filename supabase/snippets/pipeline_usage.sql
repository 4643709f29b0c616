-- The documents and costs of each user, the most expensive first.
select user_id, document_count, complete_count, failed_count, active_count, user_queued_count, bytes,
       registered_24h_count, parsed_page_count, embedded_token_count, cost_cents, cost_cents_this_month
from pipeline_monitoring.usage
order by cost_cents_this_month desc
limit 100;
