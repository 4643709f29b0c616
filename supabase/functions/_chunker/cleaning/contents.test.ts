import { describe, expect, it } from "vitest";
import { removeContents } from "./contents.ts";

const body = "# Introduction\n\nThis is it.\n\n# Warranty\n\nTwo years.\n\n# Returns\n\nFourteen days.";

describe("removes a table of contents", () => {
  it.each([
    [
      "with leaders",
      "# Contents\n\nIntroduction ........ 3\nWarranty ........ 4\nReturns ........ 5",
    ],
    [
      "with spaced leaders",
      "Inhaltsverzeichnis\n\n1. Introduction . . . . . . 3\n2. Warranty . . . . . . . . iv",
    ],
    [
      "with numbers alone",
      "## Table of Contents\n\nIntroduction 3\n\nWarranty 4\n\nReturns 5",
    ],
    [
      "with parts without a number",
      "# Contents\n\nPart I\n\nIntroduction .... 3\nWarranty .... 4",
    ],
    [
      "as a table",
      "# Contents\n\n| Section | Page |\n|---|---|\n| Introduction | 3 |\n| Warranty | 4 |\n| Returns | 5 |",
    ],
    ["as a list", "# 目次\n\n- Introduction … 3\n- Warranty … 4"],
    [
      "as links",
      "**Contents**\n\n- [Introduction](#introduction)\n- [Warranty](#warranty)",
    ],
    [
      "without page numbers",
      "Contents\n\n1. Introduction\n2. Warranty\n3. Returns",
    ],
    [
      "without a heading",
      "Introduction ........ 3\nWarranty ........ 4\nReturns ........ 5",
    ],
  ])("%s", (_, contents) => {
    expect(removeContents([contents, body]).map((page) => page.trim()))
      .toEqual(["", body]);
    expect(removeContents([`${contents}\n\n${body}`])[0].trim()).toBe(body);
  });

  it("with chapters as headings, wrapped titles and joined lines", () => {
    const contents = [
      "# Contents",
      "## 1 Overview 3",
      "1.1 What it is . . . . . . . 3 1.2 What it is not . . . . . . . 4",
      "1.3 A title too long for a line, which therefore",
      "goes on below . . . . . . . . 5",
      "| 2 Care | 7 |",
      "| --- | --- |",
      "| 2.1 Oil . . . . . 7 | 2.1 Oil . . . . . 7 |",
      "## 3 Storage",
      "3.1 Winter . . . . . 9",
    ];
    const pages = [
      contents.join("\n\n"),
      "## 4 Returns 11\n\n4.1 By post . . . . 11\n\n4.2 In person . . . . 12",
      body,
    ];
    expect(removeContents(pages).map((page) => page.trim())).toEqual([
      "",
      "",
      body,
    ]);
  });

  it("over several pages", () => {
    const pages = [
      "# Contents\n\nIntroduction .... 3\nWarranty .... 4",
      "Returns .... 5\nIndex .... 6",
      body,
    ];
    expect(removeContents(pages).map((page) => page.trim())).toEqual([
      "",
      "",
      body,
    ]);
  });
});

describe("keeps what only looks like a table of contents", () => {
  it.each([
    [
      "a menu",
      "# Drinks\n\nEspresso ........ 2.50\nTea ........ 3.10\nCocoa ........ 3.80",
    ],
    [
      "a menu of whole prices",
      "Espresso ........ 3\nTea ........ 4\nCocoa ........ 5",
    ],
    [
      "a form",
      "Name ................\nDate ................\nPlace ................",
    ],
    [
      "an enumeration",
      "The parts are:\n\n- Introduction\n- Warranty\n- Returns",
    ],
    [
      "prose about contents",
      "# Contents\n\nThe box holds a charger, a cable and a manual that says how to use them all, and where.",
    ],
    ["what a parcel holds", "# Contents\n\n- one charger\n- one cable"],
    ["results", "Points\n\nAnn 12\nBob 14\nCem 9"],
    [
      "code",
      "```\nContents\nIntroduction .... 3\nWarranty .... 4\nReturns .... 5\n```",
    ],
  ])("%s", (_, text) => {
    expect(removeContents([text, body])).toEqual([text, body]);
  });
});
