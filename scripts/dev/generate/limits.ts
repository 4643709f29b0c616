import { code, page, table } from "./markdown.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Product, Sources } from "./product.ts";

/** docs/reference/limits.md: what operators change by SQL, with what a new database has. */
export async function limitsPage(
  { sql, catalogue }: Sources,
): Promise<Product> {
  const [limits] = await sql`select * from pipeline_internal.limits`;
  const stages = await sql`
    select s.* from pipeline_internal.stages s
    join upload_pipeline.statuses e on e.status = s.entry_status order by e.total_pct`;
  const retention = await sql<
    { category: string; days: number; description: string }[]
  >`
    select category, days, description from pipeline_internal.retention order by category`;
  return {
    path: "docs/reference/limits.md",
    text: page(
      "Limits",
      "the database's tables and their comments",
      "Operators change these rows by SQL. A change takes effect at once, without a deployment.",
      "## Limits",
      "The one row of `pipeline_internal.limits`:",
      table(
        ["limit", "default", "meaning"],
        columns(catalogue, "limits").filter(({ name }) => name !== "singleton")
          .map(({ name, comment }) => [
            code(name),
            shown(limits[name]),
            comment ?? "",
          ]),
      ),
      "## Stages",
      "`pipeline_internal.stages` has a row for each stage:",
      table(
        ["column", ...stages.map(({ stage }) => code(stage)), "meaning"],
        columns(catalogue, "stages").filter(({ name }) => name !== "stage")
          .map(({ name, comment }) => [
            code(name),
            ...stages.map((stage) => shown(stage[name])),
            comment ?? "",
          ]),
      ),
      "## Retention",
      "`pipeline-purge` runs hourly and deletes what is older than `pipeline_internal.retention` says:",
      table(
        ["category", "days", "rows"],
        retention.map(({ category, days, description }) => [
          code(category),
          String(days),
          description,
        ]),
      ),
    ),
  };
}

function columns(catalogue: Catalogue, name: string) {
  const table = catalogue.relations.find((each) => each.schema === "pipeline_internal" && each.name === name);
  if (!table) throw new Error(`There is no table pipeline_internal.${name}.`);
  return table.columns;
}

function shown(value: unknown): string {
  const text = Array.isArray(value) ? value.join(", ") : String(value ?? "");
  return text === "" ? "none" : text;
}
