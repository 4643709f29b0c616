import { expect, it } from "vitest";
import { type Moment, sumsOf, waterfallOf } from "./waterfall.ts";

const BEGIN = Date.parse("2026-11-23T10:00:00Z");
const second = (seconds: number) => BEGIN + seconds * 1000;
const at = (seconds: number) => new Date(second(seconds)).toISOString();

function status(seconds: number, what: string, stage: string | null = null): Moment {
  return { at: at(seconds), kind: "status", what, stage, code: null, until: null };
}
function attempt(seconds: number, until: number | null, stage: string, code: string | null = null): Moment {
  return { at: at(seconds), kind: "attempt", what: "claimed", stage, code, until: until === null ? null : at(until) };
}
function callback(seconds: number, what = "parse.success"): Moment {
  return { at: at(seconds), kind: "callback", what, stage: "fetch_result", code: null, until: null };
}

/** Stage, kind and seconds of each span. */
function spansOf(moments: Moment[], now = 1000) {
  return waterfallOf(moments, second(now)).map(({ stages }) =>
    stages.flatMap(({ stage, spans }) =>
      spans.map(({ kind, from, to, isOpen }) =>
        `${stage} ${kind} ${(from - BEGIN) / 1000}–${(to - BEGIN) / 1000}${isOpen ? " …" : ""}`
      )
    )
  );
}

const COMPLETE = [
  status(0, "awaiting_upload"),
  status(2, "uploaded", "parse"),
  attempt(3, 5, "parse"),
  status(5, "parse_queued", "fetch_result"),
  callback(20),
  attempt(21, 22, "fetch_result"),
  status(22, "parsed", "fetch_result"),
  status(22, "parse_validated", "chunk"),
  attempt(22, 24, "chunk"),
  status(22, "chunking", "chunk"),
  status(24, "chunks_stored", "chunk"),
  status(24, "embedding_queued", "embed"),
  attempt(25, 30, "embed"),
  status(25, "embedding_in_progress", "embed"),
  status(30, "embeddings_stored", "embed"),
  status(30, "complete"),
];

it("sorts a complete document's time into upload, waiting, running and provider", () => {
  expect(spansOf(COMPLETE)).toEqual([[
    "upload upload 0–2",
    "parse waiting 2–3",
    "parse running 3–5",
    "fetch_result provider 5–20",
    "fetch_result waiting 20–21",
    "fetch_result running 21–22",
    "chunk running 22–24",
    "embed waiting 24–25",
    "embed running 25–30",
  ]]);
  expect(waterfallOf(COMPLETE, second(1000))).toMatchObject([{ ending: "complete", from: BEGIN, to: second(30) }]);
});

it("covers every millisecond from the first to the last move once", () => {
  const [{ stages, from, to }] = waterfallOf(COMPLETE, second(1000));
  const spans = stages.flatMap(({ spans }) => spans);
  expect(spans[0].from).toBe(from);
  spans.slice(1).forEach((span, i) => expect(span.from).toBe(spans[i].to));
  expect(spans.at(-1)!.to).toBe(to);
});

it("shows each attempt, and the error for which the next one waits", () => {
  const moments = [
    status(0, "embedding_queued", "embed"),
    attempt(1, 3, "embed", "OPENAI_TIMEOUT"),
    status(1, "embedding_in_progress", "embed"),
    attempt(10, 12, "embed", "OPENAI_TIMEOUT"),
    attempt(30, 33, "embed"),
    status(33, "complete"),
  ];
  expect(spansOf(moments)).toEqual([[
    "embed waiting 0–1",
    "embed running 1–3",
    "embed waiting 3–10",
    "embed running 10–12",
    "embed waiting 12–30",
    "embed running 30–33",
  ]]);
  const [{ spans }] = waterfallOf(moments, second(40))[0].stages;
  expect(spans.map(({ attempt, code }) => [attempt, code])).toEqual([
    [undefined, undefined],
    [1, "OPENAI_TIMEOUT"],
    [undefined, "OPENAI_TIMEOUT"],
    [2, "OPENAI_TIMEOUT"],
    [undefined, "OPENAI_TIMEOUT"],
    [3, undefined],
  ]);
});

it("leaves the last span open while the document is in work", () => {
  expect(spansOf([status(0, "awaiting_upload")], 7)).toEqual([["upload upload 0–7 …"]]);
  expect(spansOf([status(0, "uploaded")], 7)).toEqual([["parse waiting 0–7 …"]]);
  expect(spansOf([status(0, "uploaded", "parse"), attempt(2, null, "parse")], 7)).toEqual([[
    "parse waiting 0–2",
    "parse running 2–7 …",
  ]]);
  expect(spansOf([status(0, "parse_queued", "fetch_result")], 7)).toEqual([["fetch_result provider 0–7 …"]]);
  const called = [status(0, "parse_queued", "fetch_result"), callback(4)];
  expect(spansOf(called, 7)).toEqual([["fetch_result provider 0–4", "fetch_result waiting 4–7 …"]]);
});

it("ends the parser's time with the fetch where no callback came", () => {
  const moments = [
    status(0, "parse_queued", "fetch_result"),
    callback(3, "parse.running"),
    attempt(40, 41, "fetch_result"),
    status(41, "parse_validated", "chunk"),
    status(41, "complete"),
  ];
  expect(spansOf(moments)).toEqual([["fetch_result provider 0–40", "fetch_result running 40–41"]]);
});

it("begins a new round after each end: a redrive, a reparse", () => {
  const moments = [
    status(0, "uploaded", "parse"),
    attempt(1, 2, "parse", "LLAMAPARSE_REJECTED"),
    status(2, "failed_parse"),
    status(500, "uploaded", "parse"),
    attempt(501, 502, "parse"),
    status(502, "parse_validated", "chunk"),
    attempt(502, 503, "chunk"),
    status(503, "complete"),
  ];
  expect(waterfallOf(moments, second(1000)).map(({ ending, from }) => [ending, from])).toEqual([
    ["failed_parse", BEGIN],
    ["complete", second(500)],
  ]);
  expect(spansOf(moments)[1]).toEqual(["parse waiting 500–501", "parse running 501–502", "chunk running 502–503"]);
});

it("sums what each stage took, also when it was entered twice", () => {
  const moments = [
    status(0, "uploaded", "parse"),
    attempt(1, 2, "parse"),
    status(2, "parse_queued", "fetch_result"),
    attempt(10, 11, "fetch_result"),
    // Resubmitted.
    status(11, "uploaded", "parse"),
    attempt(12, 14, "parse"),
    status(14, "parse_queued", "fetch_result"),
    callback(15),
    attempt(16, 17, "fetch_result"),
    status(17, "parse_validated", "chunk"),
    status(17, "complete"),
  ];
  const [round] = waterfallOf(moments, second(1000));
  expect(sumsOf(round)).toEqual([
    { stage: "parse", attempts: 2, spent: { upload: 0, waiting: 2000, running: 3000, provider: 0 } },
    { stage: "fetch_result", attempts: 2, spent: { upload: 0, waiting: 1000, running: 2000, provider: 9000 } },
    { stage: "chunk", attempts: 0, spent: { upload: 0, waiting: 0, running: 0, provider: 0 } },
  ]);
});

it("has no round for a document without moves", () => {
  expect(waterfallOf([], second(0))).toEqual([]);
});
