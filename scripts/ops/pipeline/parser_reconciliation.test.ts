import { expect, it } from "vitest";
import { compare, type OurSubmission, type TheirJob } from "./parser_reconciliation.ts";

const NOW = new Date("2026-11-02T12:00:00Z");
const EARLIER = new Date("2026-11-02T10:00:00Z");
const FROM = new Date("2026-11-01T12:00:00Z");

const there = (changed: Partial<TheirJob> = {}): TheirJob => ({
  id: "job",
  status: "COMPLETED",
  submissionId: "submission",
  createdAt: EARLIER,
  updatedAt: EARLIER,
  ...changed,
});
const here = (changed: Partial<OurSubmission> = {}): OurSubmission => ({
  submission_id: "submission",
  provider_job_id: "job",
  document_id: "document",
  requested_at: EARLIER,
  submitted_at: EARLIER,
  finished_at: EARLIER,
  outcome: "collected",
  ...changed,
});
const open = { finished_at: null, outcome: null };
const differences = (
  theirs: TheirJob[],
  ours: OurSubmission[],
  cancelled: string[] = [],
) =>
  compare(theirs, ours, { from: FROM, now: NOW, cancelled: new Set(cancelled) })
    .map(({ kind, what }) => [kind, what]);

it("equal states are no difference", () => {
  expect(differences([there()], [here()])).toEqual([]);
  expect(differences([there({ status: "RUNNING" })], [here(open)])).toEqual([]);
  expect(differences([], [])).toEqual([]);
});

it.each([
  [
    "a job that runs at LlamaParse without a submission",
    [there({ status: "RUNNING" })],
    [],
    [
      ["only_there", "RUNNING there, unknown here"],
    ],
  ],
  ["a job that LlamaParse has lost", [], [here(open)], [
    ["only_here", "unknown there, awaited here"],
  ]],
  ["a job whose end was not noticed", [there()], [here(open)], [
    ["ended_there", "COMPLETED there, awaited here"],
  ]],
  [
    "a job that runs at LlamaParse although it is settled here",
    [
      there({ status: "PENDING" }),
    ],
    [here({ outcome: "PARSE_TIMEOUT" })],
    [
      ["still_running_there", "PENDING there, PARSE_TIMEOUT here"],
    ],
  ],
])("%s is reported", (_what, theirs, ours, expected) => {
  expect(differences(theirs, ours)).toEqual(expected);
});

it("jobs that will be noticed or cleaned up soon, and other users' jobs, are no difference", () => {
  const justNow = new Date(NOW.getTime() - 10_000);
  expect(differences([there({ updatedAt: justNow })], [here(open)])).toEqual(
    [],
  );
  expect(differences([there({ status: "RUNNING" })], [], ["submission"]))
    .toEqual([]);
  expect(differences([there({ submissionId: null, status: "RUNNING" })], []))
    .toEqual([]);
  // A deleted document's parse that has ended causes no further costs.
  expect(differences([there()], [])).toEqual([]);
});

it("submissions from before the compared period are not missed", () => {
  const before = new Date("2026-11-01T11:58:00Z");
  expect(differences([], [here({ submitted_at: before })])).toEqual([]);
});
