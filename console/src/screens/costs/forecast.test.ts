import { describe, expect, it } from "vitest";
import { amountsOf, type CostRow, forecastOf, stacksOf, totalsOf } from "./forecast.ts";

const NOON = new Date("2100-06-10T12:00:00Z");
const row = (day: string, cents: number, rest: Partial<CostRow> = {}): CostRow => ({
  day,
  purpose: "parse",
  model: "cost_effective",
  quantity: 1,
  credits: null,
  cents,
  ...rest,
});
const days = (from: number, to: number, cents: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => row(`2100-06-${String(from + n).padStart(2, "0")}`, cents));

describe("forecastOf", () => {
  it("goes on as in the last seven full days", () => {
    // 9 days of 10, and today 2: today and the 20 days after it are like the days before.
    expect(forecastOf([...days(1, 9, 10), row("2100-06-10", 2)], 92, NOON)).toEqual({
      cents: 90 + 21 * 10,
      basisDays: 7,
    });
  });

  it("counts a day that costs more than usual as it is", () => {
    expect(forecastOf([...days(3, 9, 10), row("2100-06-10", 50)], 120, NOON)?.cents).toBe(70 + 50 + 20 * 10);
  });

  it("counts days without charges", () => {
    expect(forecastOf([row("2100-05-01", 1), row("2100-06-09", 70)], 70, NOON)?.cents).toBe(70 + 21 * 10);
  });

  it("goes by fewer days when the first charge is younger", () => {
    expect(forecastOf(days(8, 9, 10), 20, NOON)).toEqual({ cents: 20 + 21 * 10, basisDays: 2 });
  });

  it("knows nothing on the first day", () => {
    expect(forecastOf([], 0, NOON)).toBeUndefined();
    expect(forecastOf([row("2100-06-10", 5)], 5, NOON)).toBeUndefined();
  });

  it("adds no day after the last of the month", () => {
    expect(forecastOf(days(1, 29, 10), 290, new Date("2100-06-30T23:00:00Z"))?.cents).toBe(300);
  });
});

describe("stacksOf", () => {
  it("has a column for each day, also for one without charges", () => {
    const rows = [row("2100-06-08", 5), row("2100-06-10", 7), row("2100-06-10", 2, { purpose: "embed" })];
    expect(stacksOf(rows, 3, "purpose", NOON)).toEqual({
      series: ["parse", "embed"],
      stacks: [
        { title: "2100-06-08", values: [5, 0] },
        { title: "2100-06-09", values: [0, 0] },
        { title: "2100-06-10", values: [7, 2] },
      ],
    });
  });

  it("puts the cheapest together where there are more than colours", () => {
    const rows = ["a", "b", "c", "d", "e"].map((model, n) => row("2100-06-10", 10 - n, { model }));
    const { series, stacks } = stacksOf(rows, 1, "model", NOON);
    expect(series).toEqual(["a", "b", "c", "others"]);
    expect(stacks[0].values).toEqual([10, 9, 8, 13]);
  });
});

it("adds up what each purpose and model cost, the dearest first", () => {
  const rows = [
    row("2100-06-09", 1, { quantity: 3, credits: 9 }),
    row("2100-06-10", 2, { quantity: 4, credits: 12 }),
    row("2100-06-10", 9, { purpose: "embed", model: "small", quantity: 100 }),
  ];
  expect(totalsOf(rows)).toEqual([
    { purpose: "embed", model: "small", quantity: 100, credits: null, cents: 9 },
    { purpose: "parse", model: "cost_effective", quantity: 7, credits: 21, cents: 3 },
  ]);
});

it("reads amounts that are answered as text", () => {
  const answered = { ...row("2100-06-10", 0), cents: "1.50", quantity: "3", credits: "9" } as unknown as CostRow;
  expect(amountsOf([answered])).toEqual([row("2100-06-10", 1.5, { quantity: 3, credits: 9 })]);
  expect(amountsOf([{ ...answered, credits: null }])[0].credits).toBeNull();
});
