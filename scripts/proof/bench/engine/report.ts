import {
  formatMs,
  formatRate,
  type Table,
} from "../../../dev/terminal/table.ts";
import type { Section } from "../report.ts";
import { comparisonTable, limitLines } from "../comparison.ts";
import type { CompetitorResult, EngineResult } from "./engine.ts";
import type { HungNeighbour } from "./hung_neighbour.ts";
import type { Profile, StatementShare } from "./profile.ts";
import { judgeEngine } from "./targets.ts";

/** The engine's numbers for people, in the order in which they are read. */
export function engineSections(result: EngineResult): Section[] {
  const verdicts = judgeEngine(result);
  return [
    {
      title: "Side by side",
      notes: notesOf(result),
      tables: [competitorTable(result.sides)],
    },
    {
      title: "The sides",
      notes: [],
      tables: [settingsTable(result.sides)],
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
      notes: limitLines(verdicts),
      tables: [comparisonTable(verdicts)],
    },
    ...result.profiles.map(profileSection),
  ];
}

function notesOf({ effort }: EngineResult): string[] {
  const { rounds, backlog, drainMs, slowMs } = effort;
  return [
    `${rounds} round${rounds > 1 ? "s" : ""}, the sides in turns; ` +
    "numbers are medians of the rounds, p95 is over the samples of all rounds.",
    `hand-offs/s: ${
      backlog.toLocaleString("en-US")
    } no-op jobs, enqueued in one transaction, from the first start until the ` +
    "last is acknowledged. For this engine a hand-off is a real document that moves to the next of three stages: its status, an " +
    `event for each move, the next message. A side that needs more than ${
      drainMs / 1000
    } s has its pace taken over that time.`,
    "start: an idle side, from the call that enqueues, or from that call's return, when its transaction has committed, to the " +
    "task's first line. chain: from the commit of a first job to the first line of the third, each enqueued by the one before; " +
    "of the floor, from the commit of a first call to the third.",
    `behind slow: a job enqueued while another takes ${
      slowMs / 1000
    } s; here every side has at least two slots.`,
    "What is enqueued and what is settled waits for the disk on every side. This engine's claims do not, nor does the settlement " +
    "of a document that the same run follows to its next stage: a later write makes them durable, and what a crash undoes is " +
    "done again.",
  ];
}

function hungSection(
  { timeoutMs, everyMs, undisturbed, beside }: HungNeighbour,
): Section {
  return {
    title: "Beside a function that hangs",
    notes: [
      "This engine, function: from a commit to the task's first line, jobs coming at a fixed pace, whether or not the last has begun. " +
      `Beside it pg_net calls, every ${
        everyMs / 1000
      } s, a function that does not answer, and waits ${
        timeoutMs / 1000
      } s for it, as for each of the pipeline's own calls. pg_net sends no call before all of the last batch are answered.`,
    ],
    tables: [{
      columns: [
        { title: "" },
        { title: "p50", align: "right" },
        { title: "p95", align: "right" },
        { title: "most", align: "right" },
      ],
      rows: ([["undisturbed", undisturbed], ["beside it", beside]] as const)
        .map(([name, { p50, p95, most }]) => [
          name,
          formatMs(p50),
          formatMs(p95),
          formatMs(most),
        ]),
    }],
  };
}

function competitorTable(sides: CompetitorResult[]): Table {
  const right = (title: string) => ({ title, align: "right" as const });
  return {
    columns: [
      { title: "side" },
      right("hand-offs/s"),
      right("start p50"),
      right("p95"),
      right("from commit p50"),
      right("p95"),
      right("chain p50"),
      right("behind slow p50"),
      right("p95"),
    ],
    rows: sides.map((side) => [
      side.name,
      formatRate(side.stageTransitionsPerSecond?.value),
      formatMs(side.idleFromCall?.p50),
      formatMs(side.idleFromCall?.p95),
      formatMs(side.idleFromCommit?.p50),
      formatMs(side.idleFromCommit?.p95),
      formatMs(side.chain?.p50),
      formatMs(side.behindSlow?.p50),
      formatMs(side.behindSlow?.p95),
    ]),
  };
}

function settingsTable(sides: CompetitorResult[]): Table {
  return {
    columns: [
      { title: "side" },
      { title: "settings" },
      { title: "hand-offs/s, each round" },
    ],
    rows: sides.map(({ name, about, stageTransitionsPerSecond }) => [
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
      `A hand-off takes ${
        formatMs(msPerStageTransition)
      } of the clock while a backlog is drained, with the server counting; the statements sent take ${
        formatMs(inServer)
      } of the server's time for it, on several connections. It commits ${
        commits.toFixed(2)
      } transactions and writes ${
        Math.round(walBytes).toLocaleString("en-US")
      } bytes of log.`,
    ],
    tables: [
      shareTable("statement sent, for each hand-off", statements),
      shareTable("statement inside them", profile.inside),
    ],
  };
}

function shareTable(title: string, shares: StatementShare[]): Table {
  return {
    columns: [
      { title },
      { title: "calls", align: "right" },
      { title: "in the server", align: "right" },
    ],
    rows: shares.map(({ statement, calls, ms }) => [
      statement,
      calls.toFixed(2),
      formatMs(ms),
    ]),
  };
}
