import fc from "fast-check";
import { expect, it } from "vitest";
import { type Chunk, chunkDocument } from "./chunk_document.ts";
import { countTokens } from "./tokens.ts";

/** A sentence, and the page on which it begins. */
interface Sentence {
  text: string;
  page: number;
}

const WORDS =
  "committee insurance lighting premises schedule training waste noise risks evidence the of a to and with in Überstunden réservation 😀"
    .split(" ");

/**
 * Documents of prose, lists, tables and headings on pages with running lines, whose sentences may continue over a
 * page's end.
 */
const documents = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  pages: fc.integer({ min: 2, max: 12 }),
  blocksPerPage: fc.integer({ min: 1, max: 7 }),
  maxTokens: fc.constantFrom(64, 128, 512),
});

it("finds every sentence whole, on its page", () => {
  let sentences = 0;
  fc.assert(
    fc.property(documents, ({ maxTokens, ...shape }) => {
      const { pages, said } = write(shape);
      const texts = pages.map((page) => `${page}\n\n`);
      const { chunks } = chunkDocument(texts.join(""), {
        pageStarts: texts.map((_, i) => texts.slice(0, i).join("").length),
        isMarkdown: true,
        maxTokens,
        countTokens,
      });
      for (const { text, page } of said) {
        expect([text, pagesOf(text, chunks)]).toEqual([text, [page]]);
        sentences++;
      }
      for (const { pageFrom, pageTo } of chunks) {
        expect(pageTo! - pageFrom!).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 150, seed: 20_240_503 },
  );
  expect(sentences).toBeGreaterThan(5_000);
});

/** The pages on which the words begin, according to the chunks. */
function pagesOf(words: string, chunks: Chunk[]): number[] {
  const pages = chunks.flatMap(({ text, pageFrom, pageOffsets }) => {
    const at = text.replaceAll("\n", " ").indexOf(words);
    if (at === -1) return [];
    const offset = [...text.slice(0, at)].length;
    return pageFrom! + pageOffsets.findLastIndex((start) => start <= offset);
  });
  return [...new Set(pages)];
}

function write(
  { seed, pages, blocksPerPage }: {
    seed: number;
    pages: number;
    blocksPerPage: number;
  },
): { pages: string[]; said: Sentence[] } {
  let state = seed;
  const random = (n: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >> 8) % n;
  };
  const said: Sentence[] = [];
  let count = 0;
  const sentence = (page: number) => {
    const words = Array.from(
      { length: 4 + random(12) },
      () => WORDS[random(WORDS.length)],
    );
    const text = `Rule ${++count} says ${words.join(" ")}.`;
    said.push({ text, page });
    return text;
  };
  const paragraph = (page: number) => {
    const text = Array.from({ length: 1 + random(6) }, () => sentence(page))
      .join(" ");
    // Wrapped at some places, as parsers do.
    return random(2) ? text : text.replace(/ (?=\w+ \w+ \w+ Rule)/g, "\n");
  };
  const block = (page: number) => {
    switch (random(7)) {
      case 0:
        return `## Section ${++count} on subjects\n\n${paragraph(page)}`;
      case 1:
        return `- ${sentence(page)}\n- ${sentence(page)}`;
      case 2:
        return `| Rule | Note |\n|---|---|\n| ${sentence(page)} | ${sentence(page)} |\n| ${sentence(page)} | none |`;
      case 3:
        return `<table><tr><th>A</th><th>B</th></tr><tr><td>${sentence(page)}</td><td>${
          sentence(page)
        }</td></tr></table>`;
      default:
        return paragraph(page);
    }
  };
  let rest = "";
  const written = Array.from({ length: pages }, (_, i) => {
    const page = i + 1;
    const blocks = Array.from({ length: blocksPerPage }, () => block(page));
    if (rest !== "") blocks[0] = `${rest} ${sentence(page)}\n\n${blocks[0]}`;
    rest = "";
    if (page < pages && random(2)) {
      const open = sentence(page);
      const cut = open.indexOf(" ", open.length >> 1);
      const after = open.slice(cut + 1);
      // A sentence continues in lower case.
      if (/^\p{Ll}/u.test(after)) {
        blocks.push(open.slice(0, cut));
        rest = after;
      } else blocks.push(open);
    }
    // With two pages, a running line cannot be recognised.
    const running = pages > 2 ? "ACME Handbook\n\n" : "";
    return `${running}${blocks.join("\n\n")}\n\nPage ${page} of ${pages}`;
  });
  return { pages: written, said };
}
