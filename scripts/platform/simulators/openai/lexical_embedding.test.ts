import { describe, expect, it } from "vitest";
import { embedText } from "./lexical_embedding.ts";
import { stem } from "./words.ts";
import { PASSAGES, QUESTIONS } from "./sample_passages.ts";

function similarity(a: number[], b: number[]): number {
  return a.reduce((sum, value, at) => sum + value * b[at], 0);
}

describe("the lexical embedding", () => {
  const passages = Object.entries(PASSAGES).map(([name, text]) => ({
    name,
    vector: embedText(text),
  }));

  it.each(QUESTIONS)("ranks the right passage first: %s", (question, right) => {
    const asked = embedText(question);
    const ranked = passages.map(({ name, vector }) => ({
      name,
      score: similarity(asked, vector),
    })).sort((a, b) => b.score - a.score);
    expect(ranked[0].name).toBe(right);
    expect(ranked[0].score).toBeGreaterThan(ranked[1].score * 1.2);
  });

  it("has unit length, is deterministic and differs between texts", () => {
    const vector = embedText("Clean the filter once a week");
    expect(vector).toHaveLength(1536);
    expect(Math.hypot(...vector)).toBeCloseTo(1, 10);
    expect(embedText("Clean the filter once a week")).toEqual(vector);
    expect(similarity(vector, embedText("The tax office is closed")))
      .toBeLessThan(0.3);
  });

  it.each(["!?", " ", "日本語", "\u0000", "the"])(
    "has a direction for every text: %j",
    (text) => {
      const vector = embedText(text);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 10);
      expect(vector.every(Number.isFinite)).toBe(true);
    },
  );

  it("keeps unit length when shortened", () => {
    expect(embedText("frost and ice", 256)).toHaveLength(256);
    expect(Math.hypot(...embedText("frost and ice", 256))).toBeCloseTo(1, 10);
  });
});

describe("the embedding's meaning", () => {
  /** A question, what answers it in other words, and what has nothing to do with it. */
  it.each([
    [
      "English synonyms",
      "How do I mend the vehicle?",
      "The automobile must be repaired by a workshop.",
      "The tax office is closed on Sundays.",
    ],
    [
      "German, asked in English",
      "When may the landlord raise the rent?",
      "Der Vermieter darf die Miete nur einmal im Jahr erhöhen.",
      "Die Pumpe muss vor dem Winter entleert werden.",
    ],
    [
      "parts of a compound",
      "Kündigungsfrist",
      "Die Frist zur Kündigung beträgt drei Monate.",
      "Die Pumpe muss vor dem Winter entleert werden.",
    ],
    [
      "French, asked in Spanish",
      "¿Cuánto cuesta el aparcamiento? ¿Cuál es el precio?",
      "Le prix du stationnement est de trois euros par heure.",
      "Le musée est fermé le lundi.",
    ],
    [
      "Japanese, asked in German",
      "Wie hoch ist die Kaution?",
      "敷金は家賃の二か月分です。",
      "図書館は月曜日に閉館します。",
    ],
    [
      "Chinese in other words",
      "大楼租金多少钱",
      "房租每月三千元。",
      "图书馆晚上八点闭馆。",
    ],
    [
      "English, asked in Arabic",
      "ما هي رسوم العضوية؟",
      "The membership fee is forty euros.",
      "The machine stops at night.",
    ],
  ])("brings together %s", (_, question, answer, other) => {
    const asked = embedText(question);
    const near = similarity(asked, embedText(answer));
    expect(near).toBeGreaterThan(0.05);
    expect(near).toBeGreaterThan(
      2 * similarity(asked, embedText(other)),
    );
  });

  it("places the same word nearer than a synonym", () => {
    const asked = embedText("repair the automobile");
    expect(similarity(asked, embedText("The automobile needs a repair")))
      .toBeGreaterThan(
        1.5 * similarity(asked, embedText("The car needs mending")),
      );
  });

  it("compares scripts without spaces by pairs of characters", () => {
    const asked = embedText("図書館の閉館時間");
    expect(similarity(asked, embedText("当図書館は午後八時に閉館する")))
      .toBeGreaterThan(0.2);
    expect(Math.abs(similarity(asked, embedText("新しい薬品を棚に置く"))))
      .toBeLessThan(0.1);
  });

  it("ignores accents, vowel marks and shapes of letters", () => {
    for (
      const [one, other] of [
        ["café résumé Straße", "CAFE RESUME STRASSE"],
        ["كِتَابٌ", "كتاب"],
        ["إدارة", "اداره"],
        ["ﬁle １２", "file 12"],
      ]
    ) expect(similarity(embedText(one), embedText(other))).toBeCloseTo(1, 10);
  });

  it("does not take German words for English ones", () => {
    // "hat", "die" and "gift" are English words too.
    expect(similarity(
      embedText("Das Gift hat der Vermieter in der Wohnung gefunden"),
      embedText("a talent is a present that you were given"),
    )).toBeLessThan(0.1);
  });
});

describe("stemming", () => {
  it.each([
    ["renewed", "renewing"],
    ["installation", "installations"],
    ["stopped", "stop"],
    ["copies", "copy"],
    ["covers", "covered"],
    ["late", "lately"],
    ["wohnung", "wohnungen"],
    ["vertrag", "vertrage"],
    ["contrat", "contrats"],
    ["solicitud", "solicitudes"],
    ["الكتب", "كتب"],
    ["موظفين", "موظف"],
  ])("makes %s and %s one word", (one, other) => {
    expect(stem(one)).toBe(stem(other));
  });

  it("keeps short words and numbers", () => {
    expect(stem("bus")).toBe("bus");
    expect(stem("2026s")).toBe("2026s");
  });
});
