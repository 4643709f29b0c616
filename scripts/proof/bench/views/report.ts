import type { Section } from "../report.ts";
import { formatMs } from "../../../dev/terminal/table.ts";
import { MOST_MS, type ViewsResult } from "./views.ts";

export function viewsSections(result: ViewsResult): Section[] {
  const { jobs, rounds, views, writes } = result;
  const right = (title: string) => ({ title, align: "right" as const });
  return [
    {
      title: "Monitoring views",
      notes: [
        `${
          jobs.toLocaleString("en-US")
        } jobs created within a day, with nine events each; every row of each view is read, ${rounds} times. ` +
        `No more than ${MOST_MS} ms is the target.`,
      ],
      tables: [{
        columns: [
          { title: "view" },
          right("rows"),
          right("p50"),
          right("p95"),
          { title: "" },
        ],
        rows: views.map(({ name, rows, p50, p95 }) => [
          name.replace("pipeline_monitoring.", ""),
          rows.toLocaleString("en-US"),
          formatMs(p50),
          formatMs(p95),
          p95 <= MOST_MS ? "met" : "not met",
        ]),
      }],
    },
    {
      title: "The write cost of their indexes",
      notes: [
        "Microseconds per row, 20,000 rows at once, medians of five rounds.",
      ],
      tables: [{
        columns: [
          { title: "index" },
          { title: "row" },
          right("without"),
          right("with"),
        ],
        rows: writes.map(({ index, what, ...cost }) => [
          index.replace(/^\w+\./, ""),
          what,
          `${cost.without.toFixed(1)} µs`,
          `${cost.with.toFixed(1)} µs`,
        ]),
      }],
    },
  ];
}
