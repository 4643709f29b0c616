import fc from "fast-check";
import { expect, it } from "vitest";
import { alignedLines } from "./table.ts";
import { emphasise, Screen } from "./screen.ts";
import { HOSTILE, isHarmless } from "./testing/hostile_text.ts";
import { visible, visibleJson, visibleLine } from "./visible.ts";

const ESCAPE = "\u001b";

it("shows what would act on a terminal", () => {
  expect(visible(`${ESCAPE}[2Jred${ESCAPE}]0;title\u0007 \u009b31m \u007f`)).toBe("␛[2Jred␛]0;title␇ \\u{9b}31m ␡");
  expect(visible("invoice\u202efdp.exe")).toBe("invoice\\u{202e}fdp.exe");
  expect(visible("a\u{e0041}b\ud800c")).toBe("a\\u{e0041}b\\u{d800}c");
  expect(visible("one\rtwo")).toBe("one␍two");
});

it("keeps line ends, unless the text must stay on one line", () => {
  expect(visible("one\r\ntwo\nthree\tfour")).toBe("one\ntwo\nthree four");
  expect(visibleLine("a.pdf\nforged line")).toBe("a.pdf␊forged line");
});

it("keeps every word of every language", () => {
  for (const text of ["Größe 東京 नमस्ते", "می‌خواهم", "👩‍👩‍👧", "so\u00adft"]) {
    expect(visible(text)).toBe(text);
  }
});

it("leaves nothing in any text that acts, and changes nothing when it is applied again", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: "binary", maxLength: 3 })) }),
      (text) => {
        expect(isHarmless(visible(text))).toBe(true);
        expect(visible(visible(text))).toBe(visible(text));
        expect(visibleLine(text)).not.toContain("\n");
      },
    ),
  );
});

it("keeps JSON exact", () => {
  fc.assert(fc.property(fc.string({ unit: fc.oneof(fc.constantFrom(...HOSTILE), fc.string()) }), (text) => {
    for (const indent of [undefined, 2]) {
      const json = visibleJson({ text, [text]: [text] }, indent);
      expect(isHarmless(json)).toBe(true);
      expect(JSON.parse(json)).toEqual({ text, [text]: [text] });
    }
  }));
});

it("reaches the terminal through no method of a screen, and through no table", () => {
  fc.assert(fc.property(fc.constantFrom(...HOSTILE), (hostile) => {
    const lines: string[] = [];
    const screen = new Screen((line) => lines.push(line));
    const text = `before ${hostile} after`;
    screen.heading(text);
    screen.text(text);
    screen.verbatim(text);
    screen.row(text, text);
    screen.moment(1, text, text);
    screen.moment(1, text);
    screen.failure(text, [[text, text]]);
    screen.passage(1, {
      source: text,
      score: 1,
      path: text,
      text: emphasise(text, [{ start: 0, end: 9 }]),
      before: [text],
      after: [text],
      notes: [text],
    });
    lines.push(...alignedLines({ columns: [{ title: text }], rows: [[text]] }));
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) expect([line, isHarmless(line) && !line.includes("\n")]).toEqual([line, true]);
  }));
});
