import { expect, it } from "vitest";
import { Screen } from "../../dev/terminal/screen.ts";
import { viewLines } from "./live_view.ts";
import { bar, formatCents, Report } from "./report.ts";
import { boardLines, UploadBoard } from "./upload_board.ts";

it.each([[0, "░░░░"], [0.5, "██░░"], [1, "████"], [7, "████"], [-1, "░░░░"]])(
  "a bar of %d is %s",
  (fraction, drawn) => expect(bar(fraction, 4)).toBe(drawn),
);

it.each([[null, "–"], [0, "$0.00"], [0.375, "$0.0037"], [1234, "$12.34"]])(
  "%s cents are shown as %s",
  (cents, text) => expect(formatCents(cents)).toBe(text),
);

it("each upload has a bar, with equal widths for all names", () => {
  const lines = boardLines([
    { name: "a.pdf", fraction: 0.25, note: "sending 2.4 MB" },
    {
      name: "a name that is far too long to fit.pdf",
      fraction: 1,
      note: "complete",
    },
  ]);
  expect(lines).toEqual([
    "  a.pdf                         ██████░░░░░░░░░░░░░░░░░░  25 %  sending 2.4 MB",
    "  a name that is far too long…  ████████████████████████ 100 %  complete",
  ]);
});

function uploadBoard(isLive: boolean) {
  const lines: string[] = [];
  const shown: string[][] = [];
  const report = new Report({
    json: false,
    screen: new Screen((line) => lines.push(line)),
    write: () => {},
    board: isLive ? { show: (now) => shown.push(now), keep: () => {} } : undefined,
  });
  const board = new UploadBoard(report, ["a.pdf"]);
  board.sent(0, 10, 100);
  board.sent(0, 100, 100);
  board.report(0, "uploaded", 10);
  board.report(0, "uploaded", 10);
  board.end();
  return { lines, shown };
}

it("draws every step on a terminal, and prints none", () => {
  const { lines, shown } = uploadBoard(true);
  expect(lines).toEqual([]);
  expect(shown.map(([line]) => line.replace(/.*[█░] +/, ""))).toEqual([
    "10 %  sending 100 bytes",
    "100 %  sent 100 bytes",
    "10 %  uploaded",
    "10 %  uploaded",
  ]);
});

it("prints a line for each new event elsewhere, without control sequences", () => {
  const { lines, shown } = uploadBoard(false);
  expect(shown).toEqual([]);
  expect(lines).toEqual(["  a.pdf: sent 100 bytes", "  a.pdf: uploaded"]);
});

it("the live view shows stages, documents and providers", () => {
  const stage = {
    stage: "embed",
    message_count: 7,
    due_count: 3,
    working_count: 2,
    postponed_count: 2,
    oldest_due_seconds: 75,
    running_count: 1,
    max_invocations: 2,
    paused_because: "a move",
    transition_count: 1200,
    p50_seconds: 0.25,
    p95_seconds: null,
  };
  expect(viewLines({
    at: new Date("2026-11-01T10:00:00Z"),
    stages: [stage],
    providers: [{
      provider: "openai",
      is_circuit_open: true,
      code: "OPENAI_UNREACHABLE",
      message: "no answer",
      probe_at: new Date("2026-11-01T10:01:00Z"),
      request_capacity_percent: 50,
    }, {
      provider: "llamaparse",
      is_circuit_open: false,
      code: null,
      message: null,
      probe_at: null,
      request_capacity_percent: 99.6,
    }],
    statuses: [
      { status: "embedding_queued", job_count: 5, total_pct: 65 },
      { status: "embedding_in_progress", job_count: 10, total_pct: 70 },
    ],
    user_queued: 4,
    given_up: 1,
  })).toEqual([
    "2026-11-01 10:00:00 UTC",
    "",
    "stage  due  in work  later  oldest  runs  passed     p50  p95                ",
    "─────  ───  ───────  ─────  ──────  ────  ──────  ──────  ───  ──────────────",
    "embed    3        2      2  75.0 s   1/2   1,200  0.25 s    –  paused: a move",
    "Passed, p50 and p95 cover the last 5 minutes.",
    "",
    "embedding_queued        65 %  ██████████░░░░░░░░░░  5",
    "embedding_in_progress   70 %  ████████████████████  10",
    "4 in user queues, 1 given up",
    "openai: circuit open, no answer (OPENAI_UNREACHABLE); next probe 2026-11-01 10:01:00",
    "llamaparse: 100 % of its requests are left",
  ].map((line) => line.trimEnd()));
});
