import { describe, expect, it } from "vitest";
import { shareOf, shinglesOf } from "./shingles.ts";

describe("shingles", () => {
  it("are the same for any layout of a text", () => {
    const text = "Use cron(8) to schedule tasks regularly.";
    const laidOut = "| Use `cron`(8) to sche-\ndule | tasks  regularly |";
    expect(shareOf(shinglesOf(text, "en"), shinglesOf(laidOut, "en"))).toBe(1);
  });

  it("distinguish texts in scripts without spaces", () => {
    const share = (one: string, other: string) => shareOf(shinglesOf(one, "ja"), shinglesOf(other, "ja"));
    expect(share("正規表現は強力です。", "正規表現は強力です。さらに。")).toBe(
      1,
    );
    expect(share("正規表現は強力です。", "図書館は月曜日に閉館します。")).toBe(
      0,
    );
  });

  it("are empty for a text that is too short", () => {
    expect(shareOf(shinglesOf("ls", "en"), shinglesOf("ls", "en"))).toBe(0);
  });
});
