import type { Section } from "../report.ts";
import { formatMs } from "../../../dev/terminal/table.ts";
import {
  comparisonTable,
  factorText,
  limitLines,
  type Verdict,
} from "../comparison.ts";
import type { ApiResult } from "./api.ts";
import type { CompetitorName } from "./competitors.ts";

/** What the webhook's slowest hundredth may take, in milliseconds. */
const WEBHOOK_P99_MS = 200;

type Timed = ApiResult["inTurn"];

export function judgeApi({ inTurn, paced, pace }: ApiResult): Verdict[] {
  const webhook = paced.find(({ name }) => name === "webhook");
  return [
    {
      promise: "status p50 ÷ floor",
      factor: toBaseline(inTurn, "status"),
      bound: { atMost: 2 },
      limitedBy: `counting the request and the view under row-level security, ${
        alone(inTurn, "bare status")
      }, and the token, the headers and the log line on top`,
    },
    {
      promise: "upload registration p50 ÷ floor",
      factor: toBaseline(inTurn, "upload"),
      bound: { atMost: 4 },
      limitedBy:
        "one statement that counts the request and writes a document, a job, an event and a row of the audit log, synced to the " +
        "disk, beside Storage's signature (the side signature has it alone), which is made meanwhile on the same two cores: " +
        alone(inTurn, "bare upload"),
    },
    {
      promise: "health p50 ÷ floor",
      factor: toBaseline(inTurn, "health"),
      bound: { atMost: 1.5 },
      limitedBy: "the log line and the headers",
    },
    {
      promise: `webhook p50 at ${pace} requests/s ÷ floor at the same pace`,
      factor: toBaseline(paced, "webhook"),
      bound: { atMost: 2 },
      limitedBy:
        `recording the delivery, bringing its message forward and waking the stage, ${
          alone(paced, "bare webhook")
        }, and the signature, the body, the headers and the log line on top`,
    },
    {
      promise:
        `webhook p99 at ${pace} requests/s ÷ ${WEBHOOK_P99_MS} ms, without an error`,
      factor: webhook && webhook.latency.p99 / WEBHOOK_P99_MS,
      bound: { atMost: 1 },
      limitedBy: "what else the machine does",
    },
  ];
}

/** What a route asks of others, by itself. */
function alone(timed: Timed, side: CompetitorName): string {
  const factor = toBaseline(timed, side);
  return `${
    factor === undefined ? "–" : factorText(factor)
  } by itself (${side})`;
}

export function apiSections(result: ApiResult): Section[] {
  const { effort, pace } = result;
  const verdicts = judgeApi(result);
  const right = (title: string) => ({ title, align: "right" as const });
  return [
    {
      title: "Answers",
      notes: [
        `${effort.rounds} round${effort.rounds > 1 ? "s" : ""}, the sides in ` +
        `turns; ${effort.warmUp} requests of each turn warm up and do not count. p50 is the median of the rounds' medians, ` +
        "p95 and p99 are over the requests of all rounds. A single answer other than 2xx would have ended the run.",
        "one by one: each request is sent when the one before is answered. " +
        `${pace} a second: whether or not the ones before are answered; the time counts from when a request was due.`,
        "All through the gateway to functions as they are deployed, with all limits in force. The floor asks as many tables as " +
        "it can answer without: `select 1`. Each status is of another user's document than the one before, each upload " +
        "registers new bytes, each callback is of another document that is being parsed, and brings its next step forward. " +
        "Of health, what the database says stands for a second.",
        "bare: a function that asks the database and Storage for what the route does, and does nothing else: it believes whoever " +
        "calls, checks no body, limits no rate that its statement does not, logs nothing and sets no headers.",
      ],
      tables: [{
        columns: [
          { title: "side" },
          { title: "request" },
          { title: "pace" },
          right("p50"),
          right("÷ floor"),
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
      notes: limitLines(verdicts),
      tables: [comparisonTable(verdicts)],
    },
    {
      title: "The database server's share",
      notes: [
        "Of one request, in a turn of its own; what Storage asks the database on its behalf is counted too. The rest of an answer's " +
        "time is the way through the gateway, the function's own work, and the way to the server and back for each statement.",
        "The disk comes on top: commits that are synced, and how long they wait for it. inside: the statements within the functions " +
        "that are called; the server keeps account of each, which costs some time itself.",
      ],
      tables: [
        {
          columns: [
            { title: "side" },
            right("statements"),
            right("in the server"),
            right("synced commits"),
            right("for the disk"),
          ],
          rows: result.server.map(({ name, share }) => [
            name,
            String(share.statements),
            formatMs(share.ms),
            share.syncs.toFixed(2),
            formatMs(share.syncMs),
          ]),
        },
        statementTable(result, "its longest statements", "longest"),
        statementTable(result, "the longest inside its functions", "inside"),
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
      { title: "side" },
      { title },
      { title: "calls", align: "right" },
      { title: "in the server", align: "right" },
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

function toBaseline(timed: Timed, side: CompetitorName): number | undefined {
  const p50Of = (wanted: CompetitorName) =>
    timed.find(({ name }) => name === wanted)?.latency.p50.value;
  const [ours, floor] = [p50Of(side), p50Of("floor")];
  return ours && floor && ours / floor;
}
