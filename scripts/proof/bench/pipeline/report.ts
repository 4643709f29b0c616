import type { Section } from "../report.ts";
import { formatMs, formatRate } from "../../../dev/terminal/table.ts";
import { type Comparison, comparisonTable, limitLines } from "../comparison.ts";
import type { PipelineResult } from "./pipeline.ts";

export function judgePipeline(result: PipelineResult): Comparison[] {
  const { pipelineDocumentsPerSecond, straightLineDocumentsPerSecond } = result;
  return [{
    promise: "documents/s, straight line ÷ pipeline",
    factor: straightLineDocumentsPerSecond.value /
      pipelineDocumentsPerSecond.value,
    bound: { atMost: 2 },
    limitedBy: "a document's overhead: eight transactions of the engine, a webhook and four wake-up calls",
  }];
}

export function pipelineSections(result: PipelineResult): Section[] {
  const { documents, rounds, atOnce } = result;
  const comparisons = judgePipeline(result);
  const right = (title: string) => ({ title, align: "right" as const });
  return [
    {
      title: "Documents in a second",
      notes: [
        `${documents} PDFs of one page, each of another user, from the first byte sent to Storage until the last can be searched; ` +
        `${rounds} round${
          rounds > 1 ? "s" : ""
        } in turns, numbers are medians. LlamaParse and OpenAI are simulators that ` +
        "take no time beyond their work; they and the stack share the machine with both competitors. The providers' rate limits are lifted.",
        "straight line: one process that does for each document the same Storage, LlamaParse and OpenAI calls and writes the " +
        `same documents, chunks and vectors, ${atOnce} documents at a time, without jobs, queues, statuses or events.`,
      ],
      tables: [{
        columns: [{ title: "competitor" }, right("documents/s"), {
          title: "each round",
        }],
        rows: ([
          ["pipeline", result.pipelineDocumentsPerSecond],
          ["straight line", result.straightLineDocumentsPerSecond],
        ] as const).map(([name, { value, rounds }]) => [
          name,
          formatRate(value),
          rounds.map(formatRate).join(", "),
        ]),
      }],
    },
    {
      title: "A document's time in each stage",
      notes: [
        "All documents are sent at once, so most of the time is waiting for a slot. Computed from the events of status changes.",
      ],
      tables: [{
        columns: [{ title: "stage" }, right("p50"), right("p95")],
        rows: result.stages.map(({ name, times }) => [
          name,
          formatMs(times.p50),
          formatMs(times.p95),
        ]),
      }],
    },
    {
      title: "Target",
      notes: limitLines(comparisons),
      tables: [comparisonTable(comparisons)],
    },
  ];
}
