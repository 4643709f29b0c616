import { expect, test } from "vitest";
import { emphasise, excerpt, formatSeconds, MAX_WIDTH, Screen, wrap } from "./screen.ts";

const ESCAPE = "\u001b";

function record(draw: (screen: Screen) => void, options = {}): string[] {
  const lines: string[] = [];
  draw(new Screen((line) => lines.push(line), options));
  return lines;
}

test("breaks text at spaces, with no line longer than the width", () => {
  expect(wrap("one two three four", 9)).toEqual(["one two", "three", "four"]);
});

test("breaks a word that is longer than a line", () => {
  expect(wrap("ab abcdefghij kl", 4)).toEqual([
    "ab",
    "abcd",
    "efgh",
    "ij",
    "kl",
  ]);
});

test("treats a letter outside the basic plane as one letter", () => {
  expect(wrap("😀😀😀", 2)).toEqual(["😀😀", "😀"]);
});

test("keeps line ends, and returns one empty line for an empty text", () => {
  expect(wrap("a\n\nb", 10)).toEqual(["a", "", "b"]);
  expect(wrap("", 10)).toEqual([""]);
});

test("cuts a long text with an ellipsis, and keeps a short one", () => {
  const long = excerpt("word ".repeat(200), 40);
  expect(long).toHaveLength(12);
  expect(long.at(-1)).toMatch(/…$/);
  expect(long.every((line) => [...line].length <= 40)).toBe(true);
  expect(excerpt("short\n\n\ntext", 40)).toEqual(["short", "text"]);
});

test.each([
  [0, "0.00 s"],
  [0.014, "0.01 s"],
  [9.994, "9.99 s"],
  [9.996, "10.0 s"],
  [99.96, "1 min 40 s"],
  [125, "2 min 05 s"],
])("%d seconds are shown as %s", (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});

test("aligns moments in columns, and wraps remarks below themselves", () => {
  const lines = record((screen) => {
    screen.moment(0, "uploaded", "the bytes arrived");
    screen.moment(12.34, "embedding_in_progress", "being embedded ".repeat(8));
  });
  expect(lines[0]).toBe("  0.00 s  uploaded               the bytes arrived");
  expect(lines[1]).toMatch(/^ {2}12\.3 s {2}embedding_in_progress {2}being/);
  expect(lines[2]).toMatch(/^ {33}\S/);
});

test("writes only text without colour, and the same text with it", () => {
  const draw = (screen: Screen) => {
    screen.heading("Heading");
    screen.row("Name", "value");
    screen.moment(1, "status", "remark");
    screen.failure("Failed", [["Code", "x"]]);
  };
  const plain = record(draw).join("\n");
  const colored = record(draw, { color: true }).join("\n");
  expect(plain).not.toContain(ESCAPE);
  expect(colored).toContain(ESCAPE);
  // deno-lint-ignore no-control-regex
  expect(colored.replaceAll(/\u001b\[\d+m/g, "")).toBe(plain);
});

test("keeps a passage within the width, whatever its parts are", () => {
  const lines = record((screen) =>
    screen.passage(1, {
      source: "a-very-long-name-".repeat(10) + ".pdf, page 12",
      score: 0.5,
      path: "Chapter ".repeat(30),
      text: "text ".repeat(300),
    })
  );
  expect(lines[1]).toContain("…");
  expect(lines[1]).toMatch(/score 0\.500$/);
  expect(Math.max(...lines.map((line) => [...line].length)))
    .toBeLessThanOrEqual(MAX_WIDTH);
});

test.each([
  [undefined, MAX_WIDTH],
  [0, MAX_WIDTH],
  [300, MAX_WIDTH],
  [80, 80],
  [20, 60],
])(
  "in a terminal of %s columns lines are at most %d wide",
  (width, expected) => {
    expect(new Screen(() => {}, { width }).width).toBe(expected);
  },
);

// deno-lint-ignore no-control-regex
const BOLD = /\u001b\[1m(.*?)\u001b\[22m/g;

/** A passage's lines with bold text in brackets. */
function shown(text: string, ranges: { start: number; end: number }[]) {
  const passage = {
    source: "a.pdf",
    score: 1,
    path: "",
    text: emphasise(text, ranges),
  };
  return record((screen) => screen.passage(1, passage), {
    color: true,
    width: 60,
  }).slice(2).map((line) => line.trim().replaceAll(BOLD, "[$1]"));
}

test("shows the question's words in bold, whatever precedes them", () => {
  const text = "😀 The quorum is\nfour members.";
  const at = text.indexOf("quorum");
  expect(shown(text, [{ start: at, end: at + 6 }, {
    start: at + 10,
    end: at + 14,
  }])).toEqual(["😀 The [quorum] is", "[four] members."]);
});

test("shows a phrase in bold on each of its lines, in the same space as without", () => {
  const text = "word ".repeat(10) + "and more of them";
  const plain = shown(text, []);
  const bold = shown(text, [{ start: 5, end: text.length }]);
  expect(plain).toHaveLength(2);
  expect(bold.map((line) => line.replaceAll(/[[\]]/g, ""))).toEqual(plain);
  expect(bold.at(-1)).toMatch(/^\[/);
});

test("shows a broken long word in bold on both lines", () => {
  const lines = shown("x".repeat(70), [{ start: 0, end: 70 }]);
  expect(lines).toEqual([`[${"x".repeat(55)}]`, `[${"x".repeat(15)}]`]);
});

test("handles overlapping ranges, and marks in the document itself", () => {
  expect(shown("ab\ufdd0cd \ufdd1ef", [{ start: 0, end: 2 }, {
    start: 1,
    end: 3,
  }])).toEqual(["[ab]\ufffdcd \ufffdef"]);
});

test("shows a passage without colour as without marks", () => {
  const draw = (text: string) => record((screen) => screen.passage(1, { source: "a", score: 1, path: "", text }));
  expect(draw(emphasise("a quorum", [{ start: 2, end: 8 }])))
    .toEqual(draw("a quorum"));
});

test("shortens the neighbours of a passage, and puts notes after it", () => {
  const lines = record((screen) =>
    screen.passage(1, {
      source: "a",
      score: 1,
      path: "",
      text: "the passage",
      before: ["long ".repeat(200)],
      after: ["after"],
      notes: ["a note"],
    })
  ).map((line) => line.trim());
  expect(lines.slice(-4)).toEqual([
    expect.stringMatching(/long ?…$/),
    "the passage",
    "after",
    "a note",
  ]);
  expect(lines).toHaveLength(8);
});
