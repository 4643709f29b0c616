import { HOSTED_LIMITS } from "../../../platform/stack/functions/limits.ts";
import type { Section } from "../report.ts";
import { formatMs } from "../../../dev/terminal/table.ts";
import type { CpuResult } from "./cpu.ts";
import { LARGEST } from "./documents.ts";

/** Milliseconds that an invocation should not exceed, for a slower processor and for what else the worker does. */
export const MOST_MS = 1_200;

export function cpuSections(
  { rounds, share, stages }: CpuResult,
): Section[] {
  const right = (title: string) => ({ title, align: "right" as const });
  return [{
    title: "The largest documents of each kind",
    notes: [
      `${share < 1 ? `${share * 100} % of a` : "A"} PDF of ${
        LARGEST.fileBytes / 2 ** 20
      } MB whose text comes to ${
        LARGEST.textBytes / 2 ** 20
      } MB on ${LARGEST.pages} pages, alone, in a process that has done nothing before; medians of ${rounds} rounds.`,
      "CPU time is that of the thread that runs the function, as hosted counts it, from an invocation's beginning to its end.",
      `No invocation should take more than ${
        MOST_MS / 1000
      } s; hosted kills at ${HOSTED_LIMITS.cpuHardMs / 1000} s.`,
    ],
    tables: [{
      columns: [
        { title: "text" },
        { title: "stage" },
        right("invocations"),
        right("costliest"),
        right("all"),
        { title: "" },
      ],
      rows: stages.map(({ kind, stage, invocations, most, total }) => [
        kind,
        stage,
        String(invocations),
        formatMs(most),
        formatMs(total),
        most <= MOST_MS ? "met" : "not met",
      ]),
    }],
  }];
}
