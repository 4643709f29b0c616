import { formatMs, formatRate, type Table } from "../../../dev/terminal/table.ts";
import type { Section } from "../report.ts";
import { comparisonTable, limitLines } from "../comparison.ts";
import type { CompetitorResult, EngineResult } from "./engine.ts";
import type { HungNeighbour } from "./hung_neighbour.ts";
import type { Profile, StatementShare } from "./profile.ts";
import { judgeEngine } from "./targets.ts";

/** The engine's results as report sections. */
export function engineSections(result: EngineResult): Section[] {
  const comparisons = judgeEngine(result);
  return [
    {
      title: "Comparison",
      notes: notesOf(result),
      tables: [competitorTable(result.competitors)],
    },
    {
      title: "Competitors",
      notes: [],
      tables: [settingsTable(result.competitors)],
    },
    {
      title: "Claiming from a growing backlog",
      notes: [
        "One message is claimed, in one round trip and one transaction.",
      ],
      tables: [claimTable(result)],
    },
    ...result.hung ? [hungSection(result.hung)] : [],
    {
      title: "Targets",
      notes: limitLines(comparisons),
      tables: [comparisonTable(comparisons)],
    },
    ...result.profiles.map(profileSection),
  ];
}

function notesOf({ effort }: EngineResult): string[] {
  const { rounds, backlog, drainMs, slowMs } = effort;
  return [
    `${rounds} round${rounds > 1 ? "s" : ""}, the competitors in turn; numbers are` +
    " medians of the rounds, p95 is over the samples of all rounds.",
    `transitions/s: ${
      backlog.toLocaleString("en-US")
    } no-op jobs, enqueued in one transaction, from the first start until the ` +
    "last is acknowledged. For this engine a stage transition moves a real document to the next of three stages: its status, an event for each status change, and the next message. A competitor that needs more than" +
    ` ${drainMs / 1000} s is measured over that time only.`,
    "start: from the call that enqueues, or from its return after the commit, to the task's first line, on an idle competitor. chain: from the commit of a first job to the first line of the third, each enqueued by the one before; " +
    "for the baseline, from the commit of the first call to the third.",
    `behind slow: a job enqueued while another takes ${slowMs / 1000} s; every competitor has at least two slots.`,
    "Every competitor syncs enqueuing and settling to the disk. This engine commits claims asynchronously, and settlements of documents that the same run continues inline: a later commit makes them durable, and work that a crash undoes is repeated.",
  ];
}

function hungSection(
  { timeoutMs, everyMs, undisturbed, beside }: HungNeighbour,
): Section {
  return {
    title: "Next to a function that hangs",
    notes: [
      "This engine, function: from a commit to the task's first line, jobs coming at a fixed pace, whether or not the last has begun. " +
      `Next to it pg_net calls, every ${everyMs / 1000} s, a function that does not answer, and waits ${
        timeoutMs / 1000
      } s for it, as for each of the pipeline's own calls. pg_net sends no call before the whole last batch is answered.`,
    ],
    tables: [{
      columns: [
        { title: "" },
        { title: "p50", align: "right" },
        { title: "p95", align: "right" },
        { title: "most", align: "right" },
      ],
      rows: ([["undisturbed", undisturbed], ["next to it", beside]] as const)
        .map(([name, { p50, p95, most }]) => [
          name,
          formatMs(p50),
          formatMs(p95),
          formatMs(most),
        ]),
    }],
  };
}

function competitorTable(competitors: CompetitorResult[]): Table {
  const right = (title: string) => ({ title, align: "right" as const });
  return {
    columns: [
      { title: "competitor" },
      right("transitions/s"),
      right("start p50"),
      right("p95"),
      right("from commit p50"),
      right("p95"),
      right("chain p50"),
      right("behind slow p50"),
      right("p95"),
    ],
    rows: competitors.map((competitor) => [
      competitor.name,
      formatRate(competitor.stageTransitionsPerSecond?.value),
      formatMs(competitor.idleFromCall?.p50),
      formatMs(competitor.idleFromCall?.p95),
      formatMs(competitor.idleFromCommit?.p50),
      formatMs(competitor.idleFromCommit?.p95),
      formatMs(competitor.chain?.p50),
      formatMs(competitor.behindSlow?.p50),
      formatMs(competitor.behindSlow?.p95),
    ]),
  };
}

function settingsTable(competitors: CompetitorResult[]): Table {
  return {
    columns: [
      { title: "competitor" },
      { title: "settings" },
      { title: "transitions/s, each round" },
    ],
    rows: competitors.map(({ name, about, stageTransitionsPerSecond }) => [
      name,
      about,
      stageTransitionsPerSecond?.rounds.map(formatRate).join(", ") ?? "–",
    ]),
  };
}

function claimTable({ claims }: EngineResult): Table {
  const columns: Table["columns"] = [{ title: "" }];
  for (const { waiting } of claims[0].times) {
    columns.push(
      {
        title: `${waiting.toLocaleString("en-US")} waiting, p50`,
        align: "right",
      },
      { title: "p95", align: "right" },
    );
  }
  return {
    columns,
    rows: claims.map(({ name, times }) => [
      name,
      ...times.flatMap(({ p50, p95 }) => [formatMs(p50), formatMs(p95)]),
    ]),
  };
}

function profileSection(profile: Profile): Section {
  const { name, msPerStageTransition, commits, walBytes, statements } = profile;
  const inServer = statements.reduce((sum, { ms }) => sum + ms, 0);
  return {
    title: `Where the time goes: ${name}`,
    notes: [
      `A stage transition takes ${
        formatMs(msPerStageTransition)
      } of wall-clock time while a backlog is drained, with statement statistics on; the statements sent take ${
        formatMs(inServer)
      } of server time, on several connections. It commits ${commits.toFixed(2)} transactions and writes ${
        Math.round(walBytes).toLocaleString("en-US")
      } bytes of WAL.`,
    ],
    tables: [
      shareTable("statement sent, per transition", statements),
      shareTable("statement inside these", profile.inside),
    ],
  };
}

function shareTable(title: string, shares: StatementShare[]): Table {
  return {
    columns: [
      { title },
      { title: "calls", align: "right" },
      { title: "server time", align: "right" },
    ],
    rows: shares.map(({ statement, calls, ms }) => [
      statement,
      calls.toFixed(2),
      formatMs(ms),
    ]),
  };
}
