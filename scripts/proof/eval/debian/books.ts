import { unpackPackages } from "../../../platform/stack/postgres/debian_packages.ts";
import { isContentsPage, readPages } from "../../bench/pages/verbatim.ts";
import type { Collection, Question } from "../question.ts";
import { shareOf, shinglesOf } from "../shingles.ts";
import { ASKED_BY_TITLE, type BookLanguage, BOOKS, QUESTIONS } from "./questions.ts";
import { type BookSection, sectionsOf } from "./sections.ts";

/** Newer releases have the books in other packages' paths. */
const SUITE = "bookworm";
const FOLDER = "usr/share/debian-reference";

/** A passage belongs to a section if it has this share of it, or the section has this share of the passage. */
const HALF = 0.5;
/** A page belongs to a section by the same rule with this share. */
const PART_OF_PAGE = 0.1;

/**
 * Debian's reference in every available language, downloaded from Debian's mirror. The text of a section comes from the
 * book's HTML, where its id is the same in all languages; the PDF is uploaded.
 * @throws {ErrorWithRemedy} if the mirror cannot be reached
 */
export async function debianBooks(
  { only, onProgress }: {
    /** Only questions of this language; all books are uploaded. */
    only?: string;
    onProgress(step: string): void;
  },
): Promise<Collection> {
  const folder = await Deno.makeTempDir({ prefix: "debian-reference-" });
  try {
    onProgress("Downloading Debian's reference from Debian's mirror");
    await unpackPackages(
      {
        what: "Debian's reference",
        names: Object.values(BOOKS).map((suffix) => `debian-reference-${suffix}`),
        suite: SUITE,
      },
      `${folder}/apt`,
      `${folder}/unpacked`,
    );
    const collection: Collection = {
      source: "debian",
      documents: [],
      questions: [],
    };
    for (const language of Object.keys(BOOKS) as BookLanguage[]) {
      const book = await readBook(`${folder}/unpacked/${FOLDER}`, language);
      collection.documents.push({
        name: book.name,
        language,
        filename: `${book.name}.pdf`,
        bytes: book.bytes,
      });
      if (only && only !== language) continue;
      onProgress(`Reading the pages of ${book.name}`);
      collection.questions.push(...await questionsTo(book));
    }
    return collection;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

interface Book {
  name: string;
  language: BookLanguage;
  bytes: Uint8Array<ArrayBuffer>;
  sections: Map<string, BookSection>;
}

async function readBook(
  folder: string,
  language: BookLanguage,
): Promise<Book> {
  const suffix = BOOKS[language];
  const sections = new Map<string, BookSection>();
  for await (const { name } of Deno.readDir(folder)) {
    if (!/^(ch|ap)/.test(name) || !name.endsWith(`.${suffix}.html`)) continue;
    const html = await Deno.readTextFile(`${folder}/${name}`);
    for (const [id, section] of sectionsOf(html)) sections.set(id, section);
  }
  return {
    name: `debian-reference-${suffix}`,
    language,
    bytes: await Deno.readFile(`${folder}/debian-reference.${suffix}.pdf`),
    sections,
  };
}

async function questionsTo(book: Book): Promise<Question[]> {
  const { language, name } = book;
  // A table of contents has the section's title, but not the section.
  const pages = (await readPages(book.bytes)).map((page) => shinglesOf(isContentsPage(page) ? "" : page, language));
  const sections = new Map<string, ReturnType<typeof truthOf>>();
  const truth = (id: string) => {
    const known = sections.get(id) ?? truthOf(book, id, pages);
    sections.set(id, known);
    return known;
  };
  const about = { source: "debian" as const, language, document: name };
  return [
    ...ASKED_BY_TITLE.map((id): Question => ({
      ...about,
      ...truth(id),
      kind: "plain",
      query: truth(id).expected,
    })),
    ...QUESTIONS.flatMap(({ section, kind, queries }): Question[] => {
      const query = queries[language];
      return query === undefined ? [] : [{ ...about, ...truth(section), kind, query }];
    }),
  ];
}

function truthOf(
  { name, language, sections }: Book,
  id: string,
  pages: Set<string>[],
): Pick<Question, "expected" | "pages" | "isAnswered"> {
  const section = sections.get(id);
  if (!section) throw new Error(`${name} has no section ${id}`);
  const shingles = shinglesOf(section.text, language);
  const found = pages.flatMap((page, index) =>
    shareOf(page, shingles) >= PART_OF_PAGE ||
      shareOf(shingles, page) >= PART_OF_PAGE
      ? [index + 1]
      : []
  );
  if (found.length === 0) throw new Error(`${name}: ${id} is on no page`);
  return {
    expected: section.title,
    pages: found,
    isAnswered(content) {
      const passage = shinglesOf(content, language);
      return shareOf(passage, shingles) >= HALF ||
        shareOf(shingles, passage) >= HALF;
    },
  };
}
