import { describe, expect, it } from "vitest";
import { optionsOf, paramsOf, type Question, readQuestion } from "./question.ts";

const DOCUMENTS = ["5c0d9c2e-0000-4000-8000-000000000001", "5c0d9c2e-0000-4000-8000-000000000002"];
const chosen: Question = {
  text: '"annual fee" -students & more',
  documents: DOCUMENTS,
  mode: "hybrid",
  words: 80,
  perDocument: 2,
  hidesWeak: true,
};

/** As route.ts writes it. */
function throughTheAddress(question: Question): Question {
  const given = Object.entries(paramsOf(question)).filter(([, value]) => value !== null && value !== "");
  return readQuestion(new URLSearchParams(new URLSearchParams(given as [string, string][]).toString()));
}

describe("a question in the address", () => {
  it("is the same when it is read again", () => {
    expect(throughTheAddress(chosen)).toEqual(chosen);
    const plain = readQuestion(new URLSearchParams());
    expect(throughTheAddress(plain)).toEqual(plain);
    expect(Object.values(paramsOf(plain)).filter(Boolean)).toEqual([]);
  });

  it("is as by default where the address has something else", () => {
    const wrong = new URLSearchParams({ document: "x,..,<b>", mode: "sql", words: "101", each: "0", weak: "1" });
    expect(readQuestion(wrong)).toEqual(readQuestion(new URLSearchParams()));
    expect(readQuestion(new URLSearchParams({ q: "a".repeat(3_000) })).text.length).toBe(2_000);
  });
});

describe("what is asked", () => {
  it("compares words alone while the user types, without what needs meaning", () => {
    expect(optionsOf(chosen, "preview")).toEqual({
      k: 8,
      mode: "text",
      documentIds: DOCUMENTS,
      maxPerDocument: 2,
      minScore: 0.3,
    });
  });

  it("has the weights only where both are compared", () => {
    expect(optionsOf(chosen, "whole").weights?.words).toBe(0.8);
    expect(optionsOf(chosen, "whole").weights?.meaning).toBeCloseTo(0.2);
    expect(optionsOf({ ...chosen, mode: "vector" }, "whole").weights).toBeUndefined();
    expect(optionsOf(readQuestion(new URLSearchParams()), "whole")).toEqual({ k: 8, mode: "hybrid" });
  });
});
