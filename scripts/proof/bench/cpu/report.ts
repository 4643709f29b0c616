import { HOSTED_LIMITS } from "../../../platform/stack/functions/limits.ts";
import type { Section } from "../report.ts";
import { formatMs } from "../../../dev/terminal/table.ts";
import type { CpuResult } from "./cpu.ts";
import { LARGEST } from "./documents.ts";

/** Target for an invocation in milliseconds, with a margin for slower processors and other work of the worker. */
export const MOST_MS = 1_200;

export function cpuSections(
  { rounds, share, stages }: CpuResult,
): Section[] {
  const right = (title: string) => ({ title, align: "right" as const });
  return [{
    title: "The largest documents of each kind",
    notes: [
      `${share < 1 ? `${share * 100} % of a` : "A"} PDF of ${LARGEST.fileBytes / 2 ** 20} MB whose text comes to ${
        LARGEST.textBytes / 2 ** 20
      } MB on ${LARGEST.pages} pages, processed alone in a new process; medians of ${rounds} rounds.`,
      "CPU time is the function thread's during an invocation, as hosted counts it.",
      `No invocation should take more than ${MOST_MS / 1000} s; hosted kills at ${HOSTED_LIMITS.cpuHardMs / 1000} s.`,
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
