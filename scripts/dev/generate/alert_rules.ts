import { parse } from "yaml";
import { z } from "zod";
import { REPOSITORY } from "../repository.ts";
import type { Sources } from "./product.ts";

/** A rule, from its row and from monitoring/alerts.yml. */
export interface AlertRule {
  name: string;
  severity: string;
  /** For people; `{subject}`, `{value}` and `{percent}` stand for what was measured. */
  summary: string;
  threshold: number;
  /** Prometheus compares some of its own rules downwards. */
  isLowerBound: boolean;
  forSeconds: number;
  keepFiringSeconds: number;
  measured: string;
  /** Of Prometheus, without the threshold. */
  expression?: string;
  /** The label that stands for `{subject}`. */
  subject?: string;
  look?: string;
  evaluatedBy: "both" | "Prometheus" | "database";
  /** Why only one evaluates it. */
  because?: string;
}

const common = { measured: z.string() };
const inPrometheus = { expr: z.string(), look: z.string() };
const declarations = z.record(
  z.string(),
  z.union([
    z.strictObject({
      ...common,
      ...inPrometheus,
      subject: z.string().optional(),
    }),
    z.strictObject({
      ...common,
      ...inPrometheus,
      below: z.number(),
      severity: z.enum(["warning", "critical"]),
      for: z.string().regex(/^\d+m$/),
      summary: z.string(),
      onlyPrometheus: z.string(),
    }),
    z.strictObject({ ...common, onlyDatabase: z.string() }),
  ]),
);

/**
 * Every rule, in the order of monitoring/alerts.yml.
 * @throws if a row has no declaration there, or a declaration has no row
 */
export async function readAlertRules({ sql }: Sources): Promise<AlertRule[]> {
  const declared = declarations.parse(
    parse(await Deno.readTextFile(`${REPOSITORY}/monitoring/alerts.yml`)),
  );
  const rows = await sql<Row[]>`
    select rule as name, severity, summary, threshold, for_seconds as "forSeconds", keep_firing_seconds as "keepFiringSeconds"
    from pipeline_internal.alert_rules`;
  const undeclared = rows.filter(({ name }) => !(name in declared));
  if (undeclared.length > 0) {
    throw new Error(`monitoring/alerts.yml lacks ${undeclared[0].name}.`);
  }
  return Object.entries(declared).map(([name, rule]): AlertRule => {
    const row = rows.find((each) => each.name === name);
    if ("onlyPrometheus" in rule) {
      return {
        name,
        ...rule,
        threshold: rule.below,
        isLowerBound: true,
        forSeconds: parseInt(rule.for) * 60,
        keepFiringSeconds: 0,
        expression: rule.expr,
        evaluatedBy: "Prometheus",
        because: rule.onlyPrometheus,
      };
    }
    if (!row) {
      throw new Error(`pipeline_internal.alert_rules has no row ${name}.`);
    }
    if ("onlyDatabase" in rule) {
      return {
        ...row,
        measured: rule.measured,
        isLowerBound: false,
        evaluatedBy: "database",
        because: rule.onlyDatabase,
      };
    }
    return {
      ...row,
      ...rule,
      expression: rule.expr,
      isLowerBound: false,
      evaluatedBy: "both",
    };
  });
}

type Row = Pick<
  AlertRule,
  | "name"
  | "severity"
  | "summary"
  | "threshold"
  | "forSeconds"
  | "keepFiringSeconds"
>;
