import type { Functions } from "../../database.types.ts";

export type CostRow = Functions["cost_days"]["Returns"][number];

/** Amounts as numbers: a gateway may answer decimals as text, lest digits are lost. */
export function amountsOf(rows: CostRow[]): CostRow[] {
  return rows.map((row) => ({
    ...row,
    quantity: Number(row.quantity),
    credits: row.credits === null ? null : Number(row.credits),
    cents: Number(row.cents),
  }));
}

const DAY_MS = 86_400_000;
/** The days before today that a forecast goes by. */
const BASIS_DAYS = 7;

export interface Forecast {
  cents: number;
  /** How many full days it goes by; fewer than seven in a new project. */
  basisDays: number;
}

/**
 * What the month will have cost if its remaining days are like the last full ones; undefined before there is one. Days
 * without charges count, after the first charge.
 * @param spentCents so far in this month, today included
 */
export function forecastOf(rows: CostRow[], spentCents: number, now: Date): Forecast | undefined {
  const today = dayOf(now);
  const first = rows.map(({ day }) => day).toSorted()[0];
  if (first === undefined || first >= today) return undefined;
  const age = Math.round((Date.parse(today) - Date.parse(first)) / DAY_MS);
  const basisDays = Math.min(BASIS_DAYS, age);
  const from = dayOf(new Date(Date.parse(today) - basisDays * DAY_MS));
  const basis = rows.filter(({ day }) => day >= from && day < today);
  const daily = basis.reduce((sum, { cents }) => sum + cents, 0) / basisDays;
  const spentToday = rows.filter(({ day }) => day === today).reduce((sum, { cents }) => sum + cents, 0);
  const monthEnd = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
  const daysAfterToday = Math.round((monthEnd - Date.parse(today)) / DAY_MS) - 1;
  // Today is not over: it costs at least what it has cost.
  return { cents: spentCents - spentToday + Math.max(daily, spentToday) + daysAfterToday * daily, basisDays };
}

/** The month's day in UTC, as budgets have it. */
export function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

/** Columns for a plot: one for each day up to today, also for those without charges. */
export function stacksOf(rows: CostRow[], days: number, by: "purpose" | "model", now: Date) {
  const series = seriesOf(rows, by);
  const today = Date.parse(dayOf(now));
  const stacks = Array.from({ length: days }, (_, index) => {
    const title = dayOf(new Date(today - (days - 1 - index) * DAY_MS));
    const ofDay = rows.filter(({ day }) => day === title);
    return { title, values: series.map((name) => sumOf(ofDay.filter((row) => seriesName(row, by, series) === name))) };
  });
  return { series, stacks };
}

/** A plot has as many colours. */
const MOST_SERIES = 4;
const OTHERS = "others";

/** The names by what they cost, the dearest first; the cheapest together if there are too many. */
function seriesOf(rows: CostRow[], by: "purpose" | "model"): string[] {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(row[by], (sums.get(row[by]) ?? 0) + row.cents);
  const names = [...sums].toSorted(([, one], [, other]) => other - one).map(([name]) => name);
  return names.length > MOST_SERIES ? [...names.slice(0, MOST_SERIES - 1), OTHERS] : names;
}

function seriesName(row: CostRow, by: "purpose" | "model", series: string[]): string {
  return series.includes(row[by]) ? row[by] : OTHERS;
}

function sumOf(rows: CostRow[]): number {
  return rows.reduce((sum, { cents }) => sum + cents, 0);
}

/** What each purpose and model cost within the days. */
export function totalsOf(rows: CostRow[]): Omit<CostRow, "day">[] {
  const totals = new Map<string, Omit<CostRow, "day">>();
  for (const { purpose, model, quantity, credits, cents } of rows) {
    const key = `${purpose} ${model}`;
    const before = totals.get(key);
    totals.set(key, {
      purpose,
      model,
      quantity: quantity + (before?.quantity ?? 0),
      credits: credits === null && before?.credits == null ? null : (credits ?? 0) + (before?.credits ?? 0),
      cents: cents + (before?.cents ?? 0),
    });
  }
  return [...totals.values()].toSorted((one, other) => other.cents - one.cents);
}
