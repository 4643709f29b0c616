import { code, page, table } from "./markdown.ts";
import type { Product, Sources } from "./product.ts";

interface Transition {
  from_status: string;
  to_status: string;
  via_status: string | null;
  cause: string;
}

/** docs/reference/statuses.md: the statuses of a document, its states and the transitions that the database allows. */
export async function statusesPage({ sql }: Sources): Promise<Product> {
  const statuses = await sql<
    { status: string; stage_pct: number; total_pct: number; meaning: string }[]
  >`
    select status, stage_pct, total_pct, meaning from upload_pipeline.statuses order by ctid`;
  const transitions = await sql<Transition[]>`
    select t.from_status, t.to_status, t.via_status, t.cause
    from pipeline_internal.transitions t
    join upload_pipeline.statuses f on f.status = t.from_status
    join upload_pipeline.statuses o on o.status = t.to_status
    order by f.total_pct, t.from_status, o.total_pct, t.to_status`;
  const stages = await sql<Record<string, string | null>[]>`
    select s.stage, s.entry_status, s.working_status, s.failed_status, s.next_stage, s.redrive_stage
    from pipeline_internal.stages s
    join upload_pipeline.statuses e on e.status = s.entry_status order by e.total_pct`;
  return {
    path: "docs/reference/statuses.md",
    text: page(
      "Statuses",
      "`upload_pipeline.statuses`, `pipeline_internal.transitions` and `pipeline_internal.stages`",
      "A trigger on `upload_pipeline.upload_jobs` refuses every transition that is not drawn here, and records each as an event. " +
        "A transition via a status records that status first.",
      "```mermaid\nstateDiagram-v2\n" + diagram(statuses, transitions) +
        "\n```",
      table(
        ["status", "meaning", "% of the stage", "% of all"],
        statuses.map(({ status, meaning, stage_pct, total_pct }) => [
          code(status),
          meaning,
          String(stage_pct),
          String(total_pct),
        ]),
      ),
      "## Stages",
      table(
        [
          "stage",
          "waiting",
          "at work",
          "failed",
          "next stage",
          "a redrive begins at",
        ],
        stages.map((stage) => [
          code(stage.stage!),
          code(stage.entry_status!),
          code(stage.working_status!),
          code(stage.failed_status!),
          stage.next_stage === null ? "none" : code(stage.next_stage),
          code(stage.redrive_stage!),
        ]),
      ),
    ),
  };
}

function diagram(
  statuses: { status: string }[],
  transitions: Transition[],
): string {
  const reached = new Set(transitions.map(({ to_status }) => to_status));
  const left = new Set(transitions.map(({ from_status }) => from_status));
  return [
    ...statuses.filter(({ status }) => !reached.has(status) || status === "awaiting_upload")
      .map(({ status }) => `  [*] --> ${status}`),
    ...transitions.map(({ from_status, to_status, via_status, cause }) =>
      `  ${from_status} --> ${to_status}: ${cause}${via_status === null ? "" : `, via ${via_status}`}`
    ),
    ...statuses.filter(({ status }) => !left.has(status) || status === "complete")
      .map(({ status }) => `  ${status} --> [*]`),
  ].join("\n");
}
