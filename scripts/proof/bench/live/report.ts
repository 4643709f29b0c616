import { engineName } from "../engine/competitors/pipeline_engine.ts";
import type { Section } from "../report.ts";
import { median } from "../statistics.ts";
import { type Drain, LEAST_RATIO, type LiveResult } from "./live.ts";

export function liveSections({ backlog, costs }: LiveResult): Section[] {
  const right = (title: string) => ({ title, align: "right" as const });
  const rate = (drains: Drain[]) => Math.round(median(drains.map((drain) => drain.rate))).toLocaleString("en-US");
  const server = (drains: Drain[]) => `${Math.round(median(drains.map((drain) => drain.serverUs)))} µs`;
  return [{
    title: "Live status on and off",
    notes: [
      `${
        backlog.toLocaleString("en-US")
      } stage transitions of no-op stages, by the deployed path, as in the engine's ` +
      `chapter; ${costs[0].on.length} pairs of drains with the switch on and off, in alternating order.`,
      "owners: where every document has another owner, a batch shares no message, which is the worst case; of 20 users' " +
      "documents, those of one user in a transaction share one.",
      "transitions/s and Postgres' processor time per transition are medians; the ratio is the median of the pairs' " +
      `ratios. At least ${LEAST_RATIO}× is the target.`,
    ],
    tables: [{
      columns: [
        { title: "engine" },
        { title: "owners" },
        right("transitions/s, off"),
        right("on"),
        right("ratio"),
        right("messages a transition"),
        right("Postgres, off"),
        right("on"),
        { title: "" },
      ],
      rows: costs.map(({ setting, owners, on, off, ratio }) => [
        engineName("function", setting),
        owners,
        rate(off),
        rate(on),
        `${ratio.toFixed(2)}×`,
        median(on.map(({ messages }) => messages)).toFixed(2),
        server(off),
        server(on),
        ratio >= LEAST_RATIO ? "met" : "not met",
      ]),
    }, {
      columns: [{ title: "engine" }, { title: "owners" }, { title: "ratio of each pair" }],
      rows: costs.map(({ setting, owners, on, off }) => [
        engineName("function", setting),
        owners,
        on.map((drain, i) => `${(drain.rate / off[i].rate).toFixed(2)}×`).join(", "),
      ]),
    }],
  }];
}
