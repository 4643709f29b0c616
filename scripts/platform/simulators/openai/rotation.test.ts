import { describe, expect, it } from "vitest";
import { embedText } from "./lexical_embedding.ts";
import { rotate } from "./rotation.ts";

function axis(at: number): number[] {
  return Array.from({ length: 1536 }, (_, index) => (index === at ? 1 : 0));
}

function product(a: number[], b: number[]): number {
  return a.reduce((sum, value, at) => sum + value * b[at], 0);
}

describe("the rotation", () => {
  it("keeps lengths and angles", () => {
    const [one, other] = [rotate(axis(7)), rotate(axis(900))];
    expect(product(one, one)).toBeCloseTo(1, 10);
    expect(product(one, other)).toBeCloseTo(0, 10);
  });

  it("spreads a single dimension over all of them", () => {
    const turned = rotate(axis(7));
    expect(Math.max(...turned.map(Math.abs))).toBeLessThan(0.2);
    const positive = turned.filter((value) => value > 0).length;
    expect(positive).toBeGreaterThan(600);
    expect(positive).toBeLessThan(936);
  });

  it("keeps near vectors near by their signs alone", () => {
    const signs = (text: string) => embedText(text).map(Math.sign);
    const asked = signs("How is the locale configured?");
    const agreement = (text: string) => product(asked, signs(text)) / 1536;
    const near = agreement("The locale is configured by this command.");
    expect(near).toBeGreaterThan(0.2);
    expect(Math.abs(agreement("Boats are painted every spring")))
      .toBeLessThan(0.1);
    // What is short has no advantage.
    expect(agreement("Boats")).toBeLessThan(near / 2);
  });
});
