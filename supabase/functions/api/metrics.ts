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
    help: "How often a document came to have this status.",
  },
  pipeline_stage_duration_seconds: {
    type: "histogram",
    help:
      "From a stage's door to the next one's, waiting and failed attempts included; stage document is the whole way.",
  },
  pipeline_errors_total: {
    type: "counter",
    help:
      "Attempts that were tried again (retry), waits for a provider (pause) and what was given up (failure).",
  },
  pipeline_warnings_total: {
    type: "counter",
    help:
      "What owners were told of documents that go on all the same: pages that are unread, empty or cut, and readings that failed.",
  },
  pipeline_failures_total: {
    type: "counter",
    help:
      "Documents that were given up, by whose fault that was: the document's own or the pipeline's.",
  },
  pipeline_failed_sign_ins: {
    type: "gauge",
    help:
      "Wrong passwords within 15 minutes: of the account that had the most, and of the project.",
  },
  pipeline_month_to_date_cost_cents: {
    type: "gauge",
    help: "What the providers charged this month (UTC), in US cents.",
  },
  pipeline_monthly_budget_cents: {
    type: "gauge",
    help: "What the project may cost a month, if there is a limit.",
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
    help:
      "Jobs that were given up and not started again, by whose fault that was.",
  },
  pipeline_jobs_user_queued: {
    type: "gauge",
    help: "Documents that wait for others of their owner.",
  },
  pipeline_messages_lost: {
    type: "gauge",
    help: "Jobs whose message is gone from its queue.",
  },
  pipeline_oldest_idle_job_seconds: {
    type: "gauge",
    help:
      "For how long the job that rests longest at a stage has neither moved nor had a reason to wait.",
  },
  pipeline_queue_messages: {
    type: "gauge",
    help: "Messages of a queue that are due, in work or postponed.",
  },
  pipeline_queue_oldest_message_seconds: {
    type: "gauge",
    help: "How long the oldest due message has waited for a worker.",
  },
  pipeline_worker_runs: {
    type: "gauge",
    help: "Invocations of a stage's worker that run.",
  },
  pipeline_worker_runs_limit: {
    type: "gauge",
    help: "How many invocations of it may run at once.",
  },
  pipeline_provider_circuit_open: {
    type: "gauge",
    help: "1 while the provider is left alone.",
  },
  pipeline_provider_request_capacity_ratio: {
    type: "gauge",
    help:
      "How full the provider's bucket of requests is; below 0 some are owed.",
  },
  pipeline_provider_token_capacity_ratio: {
    type: "gauge",
    help: "How full the provider's bucket of tokens is; below 0 some are owed.",
  },
  pipeline_schedule_last_success_age_seconds: {
    type: "gauge",
    help: "Since when a job of pg_cron has not succeeded.",
  },
  pipeline_schedule_failures: {
    type: "gauge",
    help: "Runs of a job of pg_cron that failed within the last 10 minutes.",
  },
  pipeline_worker_calls: {
    type: "gauge",
    help: "Calls of the database to the workers within the last hour.",
  },
  pipeline_worker_calls_unanswered: {
    type: "gauge",
    help: "How many of them no worker began to work upon.",
  },
  pipeline_notifications_given_up: {
    type: "gauge",
    help:
      "Messages to an endpoint that were given up within the last hour and not sent again.",
  },
  pipeline_database_calls_pending: {
    type: "gauge",
    help: "Calls of the database that pg_net has not sent yet.",
  },
  pipeline_connections: {
    type: "gauge",
    help: "Connections to the database in use.",
  },
  pipeline_connections_limit: {
    type: "gauge",
    help: "How many the database allows to others than superusers.",
  },
  pipeline_database_size_bytes: {
    type: "gauge",
    help: "The size of the database.",
  },
};

/** Of the text format below: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/**
 * Samples in Prometheus' text format, each metric together and under its help and type. Written here: the usual client
 * libraries keep the counts of one process, while these are kept in the database for all isolates.
 * @throws if a sample belongs to no known metric
 */
export function metricsText(samples: Sample[]): string {
  const lines = new Map(
    Object.keys(METRICS).map((name) => [name, [] as string[]]),
  );
  for (const { name, labels, value } of samples) {
    const family = name in METRICS
      ? name
      : name.replace(/_(bucket|sum|count)$/, "");
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
  const pairs = Object.entries(labels).map(([name, value]) =>
    `${name}="${escaped(String(value))}"`
  );
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
