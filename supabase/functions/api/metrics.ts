import type { Sample } from "./queries.ts";

interface Metric {
  type: "counter" | "gauge" | "histogram";
  help: string;
}

/** Every metric, by name. Dashboards, rules and their tests use no other. */
export const METRICS: Record<string, Metric> = {
  pipeline_requests_total: {
    type: "counter",
    help: "Requests by function, route, method and status.",
  },
  pipeline_request_duration_seconds: {
    type: "histogram",
    help: "How long requests took, by function.",
  },
  pipeline_documents_total: {
    type: "counter",
    help: "Transitions of documents to this status.",
  },
  pipeline_stage_duration_seconds: {
    type: "histogram",
    help:
      "Time from a job's entry to a stage until its entry to the next, with waiting and failed attempts; stage document is the time from upload to completion.",
  },
  pipeline_errors_total: {
    type: "counter",
    help:
      "Attempts that will be retried (retry), pauses for a provider (pause) and jobs moved to the dead letter (failure).",
  },
  pipeline_warnings_total: {
    type: "counter",
    help:
      "Warnings on documents that complete all the same: pages that are unread, empty or cut, and reparses that failed.",
  },
  pipeline_failures_total: {
    type: "counter",
    help: "Jobs moved to the dead letter, by error class: document or pipeline.",
  },
  pipeline_failed_sign_ins: {
    type: "gauge",
    help: "Wrong passwords within 15 minutes: for the account with the most, and for the project.",
  },
  pipeline_month_to_date_cost_cents: {
    type: "gauge",
    help: "What the providers charged this month (UTC), in US cents.",
  },
  pipeline_monthly_budget_cents: {
    type: "gauge",
    help: "The project's monthly budget, in US cents, if there is one.",
  },
  pipeline_events_uncounted: {
    type: "gauge",
    help: "Events that are not in the counters yet.",
  },
  pipeline_jobs: {
    type: "gauge",
    help: "Jobs by status and state.",
  },
  pipeline_dead_letter_jobs: {
    type: "gauge",
    help: "Jobs in the dead letter, by error class.",
  },
  pipeline_jobs_user_queued: {
    type: "gauge",
    help: "Documents that wait in their user's queue.",
  },
  pipeline_messages_lost: {
    type: "gauge",
    help: "Active jobs whose queue has no message for them.",
  },
  pipeline_oldest_idle_job_seconds: {
    type: "gauge",
    help: "The longest time that a job of the stage has neither moved nor had a reason to wait.",
  },
  pipeline_queue_messages: {
    type: "gauge",
    help: "Messages of a queue that are due, leased or delayed.",
  },
  pipeline_queue_oldest_message_seconds: {
    type: "gauge",
    help: "How long the oldest due message has waited for a worker.",
  },
  pipeline_worker_runs: {
    type: "gauge",
    help: "Running invocations of a stage's worker.",
  },
  pipeline_worker_runs_limit: {
    type: "gauge",
    help: "The most invocations of a stage's worker at once.",
  },
  pipeline_provider_circuit_open: {
    type: "gauge",
    help: "1 while the provider's circuit is open.",
  },
  pipeline_provider_request_capacity_ratio: {
    type: "gauge",
    help: "Tokens in the provider's request bucket; negative while more were consumed than it held.",
  },
  pipeline_provider_token_capacity_ratio: {
    type: "gauge",
    help: "Tokens in the provider's bucket for text tokens; negative while more were consumed than it held.",
  },
  pipeline_schedule_last_success_age_seconds: {
    type: "gauge",
    help: "Seconds since a pg_cron job last succeeded.",
  },
  pipeline_schedule_failures: {
    type: "gauge",
    help: "Runs of a pg_cron job that failed within the last 10 minutes.",
  },
  pipeline_worker_calls: {
    type: "gauge",
    help: "Wake-up calls of the database within the last hour.",
  },
  pipeline_worker_calls_unanswered: {
    type: "gauge",
    help: "Wake-up calls within the last hour that no worker received.",
  },
  pipeline_notifications_given_up: {
    type: "gauge",
    help: "Notifications to an endpoint that failed for good within the last hour and were not sent again.",
  },
  pipeline_database_calls_pending: {
    type: "gauge",
    help: "Calls of the database that wait in pg_net's queue.",
  },
  pipeline_connections: {
    type: "gauge",
    help: "Connections to the database in use.",
  },
  pipeline_connections_limit: {
    type: "gauge",
    help: "Connections that the database allows, without those reserved for superusers.",
  },
  pipeline_database_size_bytes: {
    type: "gauge",
    help: "The size of the database.",
  },
};

/** The text format of the samples: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/**
 * Samples in Prometheus' text format, grouped by metric, each below its help and type. Implemented here, because the
 * usual client libraries keep the counts of one process, and these are in the database, for all isolates.
 * @throws if a sample belongs to no known metric
 */
export function metricsText(samples: Sample[]): string {
  const lines = new Map(
    Object.keys(METRICS).map((name) => [name, [] as string[]]),
  );
  for (const { name, labels, value } of samples) {
    const family = name in METRICS ? name : name.replace(/_(bucket|sum|count)$/, "");
    const found = lines.get(family);
    if (!found) throw new Error(`no metric is called ${name}`);
    found.push(`${name}${labelsText(labels)} ${valueText(value)}`);
  }
  return [...lines].filter(([, found]) => found.length > 0)
    .flatMap(([name, found]) => [
      `# HELP ${name} ${METRICS[name].help}`,
      `# TYPE ${name} ${METRICS[name].type}`,
      ...found,
    ]).map((line) => `${line}\n`).join("");
}

function labelsText(labels: Sample["labels"]): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`);
  return pairs.length > 0 ? `{${pairs.join(",")}}` : "";
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')
    .replaceAll("\n", "\\n");
}

function valueText(value: number): string {
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  return String(value);
}
