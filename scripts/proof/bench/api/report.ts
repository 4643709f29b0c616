import type { Section } from "../report.ts";
import { formatMs } from "../../../dev/terminal/table.ts";
import { type Comparison, comparisonTable, factorText, limitLines } from "../comparison.ts";
import type { ApiResult } from "./api.ts";
import type { CompetitorName } from "./competitors.ts";

/** Limit of the webhook's 99th percentile, in milliseconds. */
const WEBHOOK_P99_MS = 200;

type Timed = ApiResult["inTurn"];

export function judgeApi({ inTurn, paced, pace }: ApiResult): Comparison[] {
  const webhook = paced.find(({ name }) => name === "webhook");
  return [
    {
      promise: "status p50 ÷ baseline",
      factor: toBaseline(inTurn, "status"),
      bound: { atMost: 2 },
      limitedBy: `counting the request and the view under row-level security, ${
        alone(inTurn, "bare status")
      }, and the token, the headers and the log line on top`,
    },
    {
      promise: "upload registration p50 ÷ baseline",
      factor: toBaseline(inTurn, "upload"),
      bound: { atMost: 4 },
      limitedBy:
        "one statement that counts the request and writes a document, a job, an event and a row of the audit log, synced to the " +
        "disk, and Storage's signature (competitor signature), which is made concurrently on the same two cores: " +
        alone(inTurn, "bare upload"),
    },
    {
      promise: "health p50 ÷ baseline",
      factor: toBaseline(inTurn, "health"),
      bound: { atMost: 1.5 },
      limitedBy: "the log line and the headers",
    },
    {
      promise: `webhook p50 at ${pace} requests/s ÷ baseline at the same pace`,
      factor: toBaseline(paced, "webhook"),
      bound: { atMost: 2 },
      limitedBy: `recording the delivery, making its message due and waking the stage, ${
        alone(paced, "bare webhook")
      }, and the signature, the body, the headers and the log line on top`,
    },
    {
      promise: `webhook p99 at ${pace} requests/s ÷ ${WEBHOOK_P99_MS} ms, without an error`,
      factor: webhook && webhook.latency.p99 / WEBHOOK_P99_MS,
      bound: { atMost: 1 },
      limitedBy: "other load on the machine",
    },
  ];
}

/** The factor of the route's statements and Storage requests alone. */
function alone(timed: Timed, competitor: CompetitorName): string {
  const factor = toBaseline(timed, competitor);
  return `${factor === undefined ? "–" : factorText(factor)} by itself (${competitor})`;
}

export function apiSections(result: ApiResult): Section[] {
  const { effort, pace } = result;
  const comparisons = judgeApi(result);
  const right = (title: string) => ({ title, align: "right" as const });
  return [
    {
      title: "Answers",
      notes: [
        `${effort.rounds} round${
          effort.rounds > 1 ? "s" : ""
        }, the competitors in turn; ${effort.warmUp} requests of each turn warm up and do not count. p50 is the median of the rounds' medians, ` +
        "p95 and p99 are over the requests of all rounds. A single answer other than 2xx would have ended the run.",
        "one by one: each request is sent when the previous one is answered. " +
        `${pace} a second: whether or not previous ones are answered; the time counts from when a request was due.`,
        "All requests go through the gateway to functions as deployed, with all limits in force. The baseline is a function that runs `select 1`. Consecutive status requests are for different users' documents, each upload registers new bytes, and each callback makes another document's fetch due. The database part of the health answer is cached for a second.",
        "bare: a function that sends the route's statements and Storage requests and does nothing else: it authenticates no caller, checks no body, enforces no rate limit beyond its statement's, logs nothing and sets no headers.",
      ],
      tables: [{
        columns: [
          { title: "competitor" },
          { title: "request" },
          { title: "pace" },
          right("p50"),
          right("÷ baseline"),
          right("p95"),
          right("p99"),
          { title: "p50 of each round" },
        ],
        rows: [
          ...rowsOf(result.inTurn, "one by one"),
          ...rowsOf(result.paced, `${pace} a second`),
        ],
      }],
    },
    {
      title: "Targets",
      notes: limitLines(comparisons),
      tables: [comparisonTable(comparisons)],
    },
    {
      title: "The database server's share",
      notes: [
        "Per request, measured in a separate turn, including Storage's statements for it. The rest of a request's time is the gateway, the function's own work, and a round trip to the server for each statement.",
        "Waiting for the disk comes on top: synced commits and their duration. inside: the statements within the called functions; recording each of them costs some time itself.",
      ],
      tables: [
        {
          columns: [
            { title: "competitor" },
            right("statements"),
            right("server time"),
            right("synced commits"),
            right("disk time"),
          ],
          rows: result.server.map(({ name, share }) => [
            name,
            String(share.statements),
            formatMs(share.ms),
            share.syncs.toFixed(2),
            formatMs(share.syncMs),
          ]),
        },
        statementTable(result, "longest statements", "longest"),
        statementTable(result, "longest statements inside functions", "inside"),
      ],
    },
  ];
}

function statementTable(
  { server }: ApiResult,
  title: string,
  which: "longest" | "inside",
): Section["tables"][number] {
  return {
    columns: [
      { title: "competitor" },
      { title },
      { title: "calls", align: "right" },
      { title: "server time", align: "right" },
    ],
    rows: server.flatMap(({ name, share }) =>
      share[which].map(({ statement, calls, ms }) => [
        name,
        statement,
        calls.toFixed(2),
        formatMs(ms),
      ])
    ),
  };
}

function rowsOf(timed: Timed, pace: string): string[][] {
  return timed.map(({ name, route, latency: { p50, p95, p99 } }) => [
    name,
    route,
    pace,
    formatMs(p50.value),
    `${toBaseline(timed, name)!.toFixed(2)}×`,
    formatMs(p95),
    formatMs(p99),
    p50.rounds.map(formatMs).join(", "),
  ]);
}

function toBaseline(
  timed: Timed,
  competitor: CompetitorName,
): number | undefined {
  const p50Of = (wanted: CompetitorName) => timed.find(({ name }) => name === wanted)?.latency.p50.value;
  const [ours, baseline] = [p50Of(competitor), p50Of("baseline")];
  return ours && baseline && ours / baseline;
}
