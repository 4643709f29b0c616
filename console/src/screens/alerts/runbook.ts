// Written by npm run generate from docs/runbook.md. Change that, not this file.

import type { Block } from "../../parts/prose.tsx";

/** What each alert means, and what to do. */
export const SECTIONS: Record<string, Block[]> = {
  "PipelineDown": [
    { "paragraph": [{ "strong": ["Means:"] }, " Prometheus cannot read the metrics. No work is lost: messages wait."] },
    { "paragraph": [{ "strong": ["Look first:"] }, " whether the whole API does not answer, or only its metrics."] },
    {
      "code":
        'curl -i -H "authorization: Bearer $METRICS_SECRET" https://<ref>.supabase.co/functions/v1/api/health\nnpm run pipeline -- doctor',
      "language": "sh",
    },
    {
      "paragraph": [
        { "strong": ["Remedy:"] },
        " 503 names the part or the setting (",
        { "code": "not_configured" },
        ") at fault; after a deployment, roll it back. If health is well, Prometheus has another secret than the functions. Give them the one in its file ",
        { "code": "metrics_secret" },
        ":",
      ],
    },
    { "code": "npx supabase secrets set METRICS_SECRET=<metrics_secret>", "language": "sh" },
  ],
  "PipelineUptimeLow": [{
    "paragraph": [
      { "strong": ["Means:"] },
      " over a day the metrics could be read for less than 99.9 % of the time. The alert closes when the last 24 hours are better.",
    ],
  }, {
    "paragraph": [{ "strong": ["Look first:"] }, " when ", {
      "link": ["PipelineDown"],
      "to": "#/alerts?runbook=PipelineDown",
    }, " fired, and the functions' logs of that time."],
  }, {
    "code":
      "select stage, ending, run_count, average_start_seconds from pipeline_monitoring.runs order by stage, run_count desc;",
    "language": "sql",
  }, {
    "paragraph": [{ "strong": ["Remedy:"] }, " as ", {
      "link": ["PipelineDown"],
      "to": "#/alerts?runbook=PipelineDown",
    }, "."],
  }],
  "PipelineWorkersSilent": [
    {
      "paragraph": [
        { "strong": ["Means:"] },
        " the database calls workers, and none begins. No work is lost: it continues once a worker can be called.",
      ],
    },
    { "paragraph": [{ "strong": ["Look first:"] }, " the outcome of the database's calls."] },
    {
      "code":
        "select waiting_count, answered_count, refused_count, unanswered_count, last_failure from pipeline_monitoring.database_calls;\nselect stage, ending, run_count, average_start_seconds from pipeline_monitoring.runs order by stage, run_count desc;",
      "language": "sql",
    },
    { "paragraph": [{ "strong": ["Remedy:"] }] },
    {
      "list": [[{
        "paragraph": [
          "Refused with 401: the Vault secret ",
          { "code": "pipeline_worker_secret" },
          " differs from the functions' ",
          { "code": "WORKER_SECRET" },
          ". ",
          { "code": "npm run pipeline -- rotate-secret WORKER_SECRET --project-ref <ref>" },
          " makes them equal. If the answer says that the token had expired, calls arrive more than a minute late.",
        ],
      }], [{
        "paragraph": [
          "Many wait and few are answered: another user of pg_net in this database makes calls that hang, and pg_net waits for all answers of a batch. ",
          { "code": "select url, timeout_milliseconds from net.http_request_queue" },
          " shows whose.",
        ],
      }], [{
        "paragraph": [
          "Unanswered: the functions do not start (their log says why), or the database has the wrong address:",
        ],
      }]],
    },
    {
      "code":
        "select vault.update_secret(id, 'https://<ref>.supabase.co/functions/v1')\nfrom vault.secrets where name = 'pipeline_functions_url';",
      "language": "sql",
    },
  ],
  "PipelineRequestErrors": [
    { "paragraph": [{ "strong": ["Means:"] }, " more than one request in twenty to a function is answered 5xx."] },
    {
      "paragraph": [{ "strong": ["Look first:"] }, " the function's log of level ", { "code": "error" }, ": its ", {
        "code": "code",
      }, " names the cause."],
    },
    { "code": "npm run pipeline -- doctor", "language": "sh" },
    { "paragraph": [{ "strong": ["Remedy:"] }] },
    {
      "list": [
        [{
          "paragraph": [
            { "code": "database_unavailable" },
            ": if its cause says that no connection could be made, see ",
            { "link": ["PipelineConnectionsHigh"], "to": "#/alerts?runbook=PipelineConnectionsHigh" },
            "; if none became free, statements are slow (",
            { "link": ["PipelineRequestsSlow"], "to": "#/alerts?runbook=PipelineRequestsSlow" },
            ") or too many.",
          ],
        }],
        [{ "paragraph": [{ "code": "internal_error" }, " after a deployment: roll back."] }],
        [{ "paragraph": ["A provider that cannot be reached: see its status page."] }],
        [{ "paragraph": ["A wrong setting: set it again."] }],
      ],
    },
    { "code": "npx supabase secrets set <name>=<value>", "language": "sh" },
  ],
  "PipelineRequestsSlow": [{
    "paragraph": [{ "strong": ["Means:"] }, " one request in twenty to a function takes more than 30 seconds."],
  }, {
    "paragraph": [
      { "strong": ["Look first:"] },
      " ",
      { "code": "GET /api/health" },
      ", which names the slow part; the sessions that block others in the database; and the statements that take its time.",
    ],
  }, {
    "code":
      "select pid, usename, application_name, now() - xact_start as open_for, left(query, 120) as query\nfrom pg_stat_activity where pid in (select unnest(pg_blocking_pids(w.pid)) from pg_stat_activity w);\nselect calls, round(mean_exec_time) as mean_ms, round(max_exec_time) as max_ms, left(query, 120) as query\nfrom extensions.pg_stat_statements order by total_exec_time desc limit 10;",
    "language": "sql",
  }, {
    "paragraph": [
      { "strong": ["Remedy:"] },
      " a statement that leads the second list by far needs an index or a larger database; a slow part of the platform has a notice on ",
      { "link": ["status.supabase.com"], "to": "https://status.supabase.com" },
      ". End a session that blocks others:",
    ],
  }, {
    "code":
      "select pg_terminate_backend(pid) from pg_stat_activity\nwhere application_name = '<application>' and pid <> pg_backend_pid();",
    "language": "sql",
  }],
  "PipelineDocumentsFailing": [
    {
      "paragraph": [
        { "strong": ["Means:"] },
        " more than one document in twenty fails for good, not counting errors of the document itself (encrypted, empty, too long).",
      ],
    },
    { "paragraph": [{ "strong": ["Look first:"] }, " the error code that they share."] },
    {
      "code":
        "select code, stage, count(*), max(given_up_at) as last_at, min(message) as message\nfrom pipeline_monitoring.dead_letter where given_up_at > now() - interval '1 hour' group by 1, 2 order by 3 desc;",
      "language": "sql",
    },
    { "paragraph": [{ "strong": ["Remedy:"] }] },
    {
      "list": [[{
        "paragraph": [
          { "code": "LLAMAPARSE_REJECTED" },
          ", ",
          { "code": "OPENAI_REJECTED" },
          ": the provider refuses what it accepted before. See whether its API has changed, and pause the stage meanwhile (",
          { "code": 'npm run pipeline -- pause parse --reason "LlamaParse refuses"' },
          "): every attempt adds a document to the dead letter.",
        ],
      }], [{
        "paragraph": [{ "code": "INTERNAL_ERROR" }, ": a defect, which the function's log of level ", {
          "code": "error",
        }, " shows. If the last deployment brought it, roll back."],
      }], [{
        "paragraph": [
          { "code": "WORKER_KILLED" },
          ": the workers that had only this document died, for lack of memory or CPU time. ",
          { "code": "npm run pipeline -- history ID" },
          " names the runs, and their log the cause. The message asks its owner to save the file again or in smaller parts. After a correction of the pipeline redrive it: it runs in isolation again.",
        ],
      }], [{
        "paragraph": [
          { "code": "ATTEMPTS_EXHAUSTED" },
          ": 20 attempts were lost, and not through the document alone: find out why workers or the database restart (",
          { "code": "pipeline_monitoring.runs" },
          ", ",
          { "code": "WORKER_LOST" },
          " in ",
          { "code": "pipeline_monitoring.errors" },
          "), then redrive.",
        ],
      }]],
    },
    { "paragraph": ["Then redrive what failed, first dry:"] },
    {
      "code":
        "npm run pipeline -- redrive --code <code> --from 6h --dry-run\nnpm run pipeline -- redrive --code <code> --from 6h",
      "language": "sh",
    },
  ],
  "PipelineDeadLetterGrowing": [
    {
      "paragraph": [
        { "strong": ["Means:"] },
        " documents fail for good faster than they are redriven. Where few documents arrive it is the early sign of ",
        { "link": ["PipelineDocumentsFailing"], "to": "#/alerts?runbook=PipelineDocumentsFailing" },
        ".",
      ],
    },
    { "paragraph": [{ "strong": ["Look first:"] }] },
    {
      "code":
        "select given_up_at, stage, code, message, filename, document_id, to_redrive\nfrom pipeline_monitoring.dead_letter order by given_up_at desc limit 20;",
      "language": "sql",
    },
    {
      "paragraph": [{ "strong": ["Remedy:"] }, " as ", {
        "link": ["PipelineDocumentsFailing"],
        "to": "#/alerts?runbook=PipelineDocumentsFailing",
      }, ". A document that cannot succeed may stay: its owner sees the reason."],
    },
  ],
  "PipelineStageSlow": [
    {
      "paragraph": [
        { "strong": ["Means:"] },
        " one document in twenty takes more than 30 seconds in the stages ",
        { "code": "chunk" },
        " or ",
        { "code": "embed" },
        ": the parser is not the cause.",
      ],
    },
    { "paragraph": [{ "strong": ["Look first:"] }, " whether documents wait, or their attempts take long."] },
    {
      "code":
        "select q.stage, q.due_count, q.working_count, q.oldest_due_seconds, q.running_count, q.max_invocations, l.p50_seconds, l.p95_seconds\nfrom pipeline_monitoring.queues q join pipeline_monitoring.stage_latency l using (stage) where l.time_window = '5 minutes';",
      "language": "sql",
    },
    {
      "paragraph": [
        { "strong": ["Remedy:"] },
        " where few are due, look for blocking sessions, as under ",
        { "link": ["PipelineRequestsSlow"], "to": "#/alerts?runbook=PipelineRequestsSlow" },
        ", and at the provider's status page. Where many are due and ",
        { "code": "running_count" },
        " is at its bound, allow more invocations, if the provider and the database can take them:",
      ],
    },
    {
      "code": "update pipeline_internal.stages set max_invocations = max_invocations + 1 where stage = '<stage>';",
      "language": "sql",
    },
  ],
  "PipelineQueueOld": [
    { "paragraph": [{ "strong": ["Means:"] }, " due messages have waited for more than five minutes at a stage."] },
    {
      "paragraph": [
        { "strong": ["Look first:"] },
        " whether the stage is paused, its provider's circuit is open, or no worker comes.",
      ],
    },
    {
      "code":
        "select q.stage, q.due_count, q.oldest_due_seconds, q.running_count, q.max_invocations, q.is_circuit_open, s.paused_because\nfrom pipeline_monitoring.queues q join pipeline_internal.stages s using (stage);",
      "language": "sql",
    },
    { "code": "npm run pipeline -- why", "language": "sh" },
    { "paragraph": [{ "strong": ["Remedy:"] }] },
    {
      "list": [[{
        "paragraph": [{ "code": "is_circuit_open" }, ": ", {
          "link": ["PipelineCircuitOpen"],
          "to": "#/alerts?runbook=PipelineCircuitOpen",
        }, "."],
      }], [{
        "paragraph": [
          { "code": "running_count" },
          " is 0: ",
          { "link": ["PipelineSchedulesSilent"], "to": "#/alerts?runbook=PipelineSchedulesSilent" },
          ", then ",
          { "link": ["PipelineWorkersSilent"], "to": "#/alerts?runbook=PipelineWorkersSilent" },
          ".",
        ],
      }], [{
        "paragraph": ["it is at ", { "code": "max_invocations" }, ": more arrives than the workers can process; see ", {
          "link": ["PipelineStageSlow"],
          "to": "#/alerts?runbook=PipelineStageSlow",
        }, "."],
      }], [{
        "paragraph": [{ "code": "paused_because" }, " is set: an operator paused the stage. When the reason is gone:"],
      }]],
    },
    { "code": "npm run pipeline -- resume <stage>", "language": "sh" },
  ],
  "PipelineJobsStuck": [
    {
      "paragraph": [
        { "strong": ["Means:"] },
        " a document has neither moved nor had a reason to wait for 15 minutes. Either the schedules do not run, or it is a defect.",
      ],
    },
    { "paragraph": [{ "strong": ["Look first:"] }] },
    {
      "code":
        "select reason, sentence from pipeline_monitoring.unfinished_documents where reason in ('working', 'waiting_for_worker') limit 20;\nselect schedule, last_success_at, failures_1h, last_failure from pipeline_monitoring.schedules;",
      "language": "sql",
    },
    {
      "paragraph": [
        { "strong": ["Remedy:"] },
        " check ",
        { "link": ["PipelineSchedulesSilent"], "to": "#/alerts?runbook=PipelineSchedulesSilent" },
        " first. A document with a long attempt that keeps its lease has a live worker; ",
        { "code": "npm run pipeline -- history ID" },
        " names its run, and the log of that ",
        { "code": "run_id" },
        " shows what it does. Do not kill anything: an invocation ends within the platform's wall clock, and the next one continues. Wake a stage by hand:",
      ],
    },
    { "code": "select pipeline_internal.sweep();", "language": "sql" },
  ],
  "PipelineMessagesLost": [
    {
      "paragraph": [
        { "strong": ["Means:"] },
        " active documents have no message in their queue (it was purged, or a backup was restored by hand), and ",
        { "code": "reconcile" },
        ", which runs each minute, has sent none.",
      ],
    },
    { "paragraph": [{ "strong": ["Look first:"] }] },
    {
      "code":
        "select reason, sentence from pipeline_monitoring.unfinished_documents where reason = 'message_lost' limit 20;\nselect last_success_at, is_active, failures_1h, last_failure from pipeline_monitoring.schedules where schedule = 'pipeline-reconcile';",
      "language": "sql",
    },
    { "paragraph": [{ "strong": ["Remedy:"] }, " run it by hand, and activate its schedule:"] },
    {
      "code":
        "select * from pipeline_internal.reconcile();\nselect cron.alter_job(jobid, active => true) from cron.job where jobname like 'pipeline-%' and not active;",
      "language": "sql",
    },
  ],
  "PipelineCircuitOpen": [
    {
      "paragraph": [
        { "strong": ["Means:"] },
        " LlamaParse or OpenAI fails, throttles, or its credit is exhausted. No worker calls it until the next probe; no document loses an attempt.",
      ],
    },
    { "paragraph": [{ "strong": ["Look first:"] }] },
    {
      "code":
        "select provider, opened_at, code, message, probe_at, request_capacity_percent, token_capacity_percent from pipeline_monitoring.providers;",
      "language": "sql",
    },
    { "paragraph": [{ "strong": ["Remedy:"] }] },
    {
      "list": [[{
        "paragraph": [
          { "code": "LLAMAPARSE_UNAUTHORIZED" },
          ", ",
          { "code": "OPENAI_UNAUTHORIZED" },
          ": the key was revoked; set a new one (",
          { "code": "npx supabase secrets set" },
          ").",
        ],
      }], [{
        "paragraph": [
          { "code": "LLAMAPARSE_OUT_OF_CREDITS" },
          ", ",
          { "code": "OPENAI_OUT_OF_CREDIT" },
          ": top the account up. When the probe is due, one document tries it, and its success closes the circuit.",
        ],
      }], [{
        "paragraph": [
          { "code": "LLAMAPARSE_RATE_LIMITED" },
          ", ",
          { "code": "OPENAI_RATE_LIMITED" },
          " again and again: the account allows less than the rates in ",
          { "code": "pipeline_internal.providers" },
          "; lower them.",
        ],
      }], [{ "paragraph": ["unreachable: see its status page. There is nothing to do here."] }]],
    },
    { "paragraph": ["When the provider works again, do not wait for the probe:"] },
    { "code": "select pipeline_internal.probe_provider('<provider>');", "language": "sql" },
  ],
  "PipelineWebhooksSilent": [
    {
      "paragraph": [
        { "strong": ["Means:"] },
        " LlamaParse finishes documents, but does not call. They complete some seconds later, because the pipeline polls.",
      ],
    },
    { "paragraph": [{ "strong": ["Look first:"] }] },
    {
      "code":
        "select time_window, submitted_count, awaited_count, missing_count, late_count, delivery_count, refused_count, last_delivery_at\nfrom pipeline_monitoring.webhooks;",
      "language": "sql",
    },
    {
      "paragraph": [
        { "strong": ["Remedy:"] },
        " refused calls have a signature that is not ours: ",
        { "code": "WEBHOOK_SIGNING_SECRET" },
        " was changed without ",
        { "code": "npm run pipeline -- rotate-secret WEBHOOK_SIGNING_SECRET --project-ref <ref>" },
        ". If none arrive at all, call ",
        { "code": "GET /webhook/test" },
        " from outside, and set ",
        { "code": "WEBHOOK_URL" },
        " to the project's address:",
      ],
    },
    {
      "code": "npx supabase secrets set WEBHOOK_URL=https://<ref>.supabase.co/functions/v1/webhook/llamaparse",
      "language": "sh",
    },
  ],
  "PipelineConnectionsHigh": [
    {
      "paragraph": [
        { "strong": ["Means:"] },
        " more than 80 % of the database's connections are in use. When none is left, requests wait for five seconds and fail with ",
        { "code": "database_unavailable" },
        ". The functions' connections are named ",
        { "code": "pipeline-<function>" },
        ".",
      ],
    },
    { "paragraph": [{ "strong": ["Look first:"] }] },
    {
      "code":
        "select role, connection_count, used_percent from pipeline_monitoring.connections order by connection_count desc;\nselect usename, application_name, state, count(*), max(now() - state_change) as longest from pg_stat_activity group by 1, 2, 3 order by 4 desc;",
      "language": "sql",
    },
    {
      "paragraph": [
        { "strong": ["Remedy:"] },
        " where the functions hold them, lower a stage's ",
        { "code": "max_invocations" },
        ", or set ",
        { "code": "SUPABASE_DB_URL" },
        " to the pooler in transaction mode. End idle ones of other programs:",
      ],
    },
    {
      "code":
        "select pg_terminate_backend(pid) from pg_stat_activity\nwhere state = 'idle' and application_name = '<application>' and pid <> pg_backend_pid();",
      "language": "sql",
    },
  ],
  "PipelineRateLimitStorm": [{
    "paragraph": [
      { "strong": ["Means:"] },
      " rate limits refuse more than 100 requests to one route in five minutes. The limits hold; the question is whether they are right, and who calls.",
    ],
  }, {
    "paragraph": [
      { "strong": ["Look first:"] },
      " whose requests they are, by the part before the colon: ",
      { "code": "requests" },
      ", ",
      { "code": "polls" },
      ", ",
      { "code": "sign-in" },
      ", ",
      { "code": "refresh" },
      ".",
    ],
  }, {
    "code":
      "select key, used_count, resets_at from pipeline_internal.rate_limits where resets_at > now() order by used_count desc limit 20;",
    "language": "sql",
  }, {
    "paragraph": [
      { "strong": ["Remedy:"] },
      " polls: an application asks for the status in a loop; it should wait with the client, or subscribe to ",
      { "code": "document.completed" },
      ". Sign-ins from many addresses at once are an attack: Auth's own protection (CAPTCHA) is a setting of the project. Genuine users who need more:",
    ],
  }, { "code": "npm run pipeline -- limits --set requests_per_user_per_hour=2000", "language": "sh" }],
  "PipelineSignInsFailing": [{
    "paragraph": [
      { "strong": ["Means:"] },
      " an attacker guesses passwords: of one account (more than 15 within a quarter of an hour), or of many (more than 300). After 20 wrong passwords an account accepts none until ten minutes are over; existing sessions continue.",
    ],
  }, {
    "paragraph": [{ "strong": ["Look first:"] }, " whose accounts, and from which networks. A row with the route ", {
      "code": "auth/v1",
    }, " has none: Auth's hook does not get it."],
  }, {
    "code":
      "select user_id, network, details ->> 'route' as route, count(*), max(happened_at)\nfrom pipeline_internal.audit_log\nwhere action = 'sign_in_failed' and happened_at > now() - interval '1 hour'\ngroup by 1, 2, 3 order by 4 desc limit 20;",
    "language": "sql",
  }, {
    "paragraph": [
      { "strong": ["Remedy:"] },
      " of one account: warn its owner, who may have forgotten the password. Of many: switch on a CAPTCHA and leaked-password protection (Authentication > Attack Protection), and ban the networks at Cloudflare, if they are few. Unlock the accounts at once, and tolerate fewer attempts until it is over:",
    ],
  }, {
    "code":
      "delete from pipeline_internal.rate_limits where key like 'account:%' or key like 'wrong-passwords:%';\nupdate pipeline_internal.limits set wrong_passwords_per_account = 10;",
    "language": "sql",
  }, { "paragraph": ["The alert closes when its window of a quarter of an hour is over."] }],
  "PipelineBudgetNearlySpent": [
    {
      "paragraph": [
        { "strong": ["Means:"] },
        " more than 80 % of the project's budget of this month is spent. Beyond it, new documents wait in the user queue or are refused, and searches use words alone.",
      ],
    },
    { "paragraph": [{ "strong": ["Look first:"] }, " which users, and for what."] },
    { "code": "npm run pipeline -- cost --days 31\nnpm run pipeline -- cost --by-user", "language": "sh" },
    {
      "paragraph": [{ "strong": ["Remedy:"] }, " bound the user who costs most (", {
        "code": "npm run pipeline -- limits ada@example.com --set monthly_budget_cents=2000",
      }, "), or raise the budget:"],
    },
    { "code": "npm run pipeline -- limits --set monthly_budget_cents=80000", "language": "sh" },
  ],
  "PipelineNotificationsGivenUp": [
    {
      "paragraph": [
        { "strong": ["Means:"] },
        " the worker gave up a message to an application or to people on call after twelve attempts, in about a day.",
      ],
    },
    { "paragraph": [{ "strong": ["Look first:"] }] },
    {
      "code":
        "select e.name, e.url, o.type, o.given_up_at, o.last_status, o.last_error\nfrom pipeline_internal.outbox o join pipeline_internal.endpoints e using (endpoint_id)\nwhere o.given_up_at > now() - interval '1 day' order by o.given_up_at desc limit 20;",
      "language": "sql",
    },
    {
      "paragraph": [
        { "strong": ["Remedy:"] },
        " repair the receiver, then send everything again. A receiver recognises messages that it has had by their ",
        { "code": "webhook-id" },
        ". Deletions may be among them: a receiver that misses one keeps its copies, and after 30 days (",
        { "code": "retention" },
        ") the message is gone.",
      ],
    },
    { "code": "select pipeline_internal.resend('<endpoint>');", "language": "sql" },
  ],
  "PipelineSchedulesSilent": [
    {
      "paragraph": [
        { "strong": ["Means:"] },
        " pg_cron does not run the sweep. Retries and lost wake-ups wait for it.",
      ],
    },
    { "paragraph": [{ "strong": ["Look first:"] }] },
    {
      "code":
        "select schedule, timing, is_active, last_success_at, failures_1h, last_failure from pipeline_monitoring.schedules;",
      "language": "sql",
    },
    {
      "paragraph": [
        { "strong": ["Remedy:"] },
        " if no schedule runs, pg_cron has no connection left (",
        { "link": ["PipelineConnectionsHigh"], "to": "#/alerts?runbook=PipelineConnectionsHigh" },
        ") or has ended: restart the database in the dashboard. If ",
        { "code": "last_failure" },
        " of ",
        { "code": "pipeline-sweep" },
        " names ",
        { "code": "refresh_statistics" },
        ", the sweep itself runs: they share the schedule, and a failure counts for both. If only the sweep does not run, it was disabled:",
      ],
    },
    {
      "code":
        "select cron.alter_job(jobid, active => true) from cron.job where jobname like 'pipeline-%' and not active;",
      "language": "sql",
    },
  ],
  "PipelineSchedulesFailing": [{
    "paragraph": [{ "strong": ["Means:"] }, " one of the pipeline's pg_cron jobs fails repeatedly."],
  }, {
    "paragraph": [{ "strong": ["Look first:"] }, " ", { "code": "last_failure" }, " is the statement's own error."],
  }, {
    "code":
      "select schedule, timing, failures_1h, last_failure from pipeline_monitoring.schedules where failures_1h > 0;\nselect jobname, schedule, command, username from cron.job where jobname like 'pipeline-%';",
    "language": "sql",
  }, {
    "paragraph": [
      { "strong": ["Remedy:"] },
      " follow the error, mostly a missing connection. Schedule a changed job again as its migration does (",
      { "code": 'grep -rhA24 "cron.schedule(\'pipeline-" supabase/migrations' },
      " lists them):",
    ],
  }, {
    "code": "select cron.schedule('pipeline-purge', '17 * * * *', 'select pipeline_internal.purge()');",
    "language": "sql",
  }],
  "PipelineCountersBehind": [
    {
      "paragraph": [
        { "strong": ["Means:"] },
        " events are not in the metrics yet; alerts that count documents are late. Nothing else is affected.",
      ],
    },
    { "paragraph": [{ "strong": ["Look first:"] }, " for a long open transaction."] },
    {
      "code":
        "select pid, usename, application_name, now() - xact_start as open_for, left(query, 120) as query\nfrom pg_stat_activity where xact_start < now() - interval '5 minutes' order by xact_start;",
      "language": "sql",
    },
    {
      "paragraph": [{ "strong": ["Remedy:"] }, " if there is none, see ", {
        "link": ["PipelineSchedulesFailing"],
        "to": "#/alerts?runbook=PipelineSchedulesFailing",
      }, ". Otherwise end it:"],
    },
    {
      "code":
        "select pg_terminate_backend(pid) from pg_stat_activity\nwhere application_name = '<application>' and pid <> pg_backend_pid();",
      "language": "sql",
    },
  ],
  "PipelineRuleBroken": [
    {
      "paragraph": [
        { "strong": ["Means:"] },
        " the query of a rule fails, or the metrics cannot be read, so its alert cannot open.",
      ],
    },
    { "paragraph": [{ "strong": ["Look first:"] }] },
    {
      "code": "select rule, last_error, query from pipeline_internal.alert_rules where last_error is not null;",
      "language": "sql",
    },
    {
      "paragraph": [
        { "strong": ["Remedy:"] },
        " correct the query; the alert closes at the next evaluation. If a rule of the migrations fails, the database has another version: ",
        { "code": "npm run pipeline -- doctor" },
        ". Disable a rule of yours that you no longer need:",
      ],
    },
    { "code": "update pipeline_internal.alert_rules set is_enabled = false where rule = '<rule>';", "language": "sql" },
  ],
};
