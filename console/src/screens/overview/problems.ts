import type { Functions } from "../../database.types.ts";
import type { Tone } from "../../parts/badge.tsx";
import { hrefOf } from "../../route.ts";

export type Problem = Functions["overview_problems"]["Returns"][number];

/** The screen that mends a problem. */
export function remedyOf({ kind, subject }: Pick<Problem, "kind" | "subject">): { href: string; text: string } {
  switch (kind) {
    case "alert":
      return { href: hrefOf(["alerts"], { runbook: subject }), text: "What to do" };
    case "circuit":
      return { href: hrefOf(["providers"]), text: "Providers" };
    case "pause":
      return { href: hrefOf(["stages"]), text: "Stages" };
    case "schedule":
      return { href: hrefOf(["schedules"]), text: "Schedules" };
    case "notifications":
      return { href: hrefOf(["webhooks"]), text: "Webhooks" };
    default:
      return { href: hrefOf(["alerts"]), text: "Alerts" };
  }
}

export function toneOf({ severity }: Pick<Problem, "severity">): Tone {
  return severity === "critical" ? "bad" : "warn";
}
