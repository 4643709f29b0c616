import { Parser } from "htmlparser2";

/** A section of a book's HTML. */
export interface BookSection {
  /** Without its number. */
  title: string;
  /** With the title and the subsections. */
  text: string;
}

/** A section that is being read. */
interface Open {
  id: string;
  title: string;
  text: string;
}

const HEADING = /^h[1-6]$/;

/** The sections of a DocBook page by their ids, which are the same in every language. */
export function sectionsOf(html: string): Map<string, BookSection> {
  const sections = new Map<string, BookSection>();
  const open: Open[] = [];
  /** For each open element: whether it is a section. */
  const isSection: boolean[] = [];
  let isHeading = false;
  const parser = new Parser({
    onopentag(name, attributes) {
      const begins = name === "div" && attributes.class === "section";
      isSection.push(begins);
      if (begins) open.push({ id: "", title: "", text: "" });
      if (HEADING.test(name)) isHeading = attributes.class === "title";
      const section = open.at(-1);
      if (isHeading && section && section.id === "" && attributes.id) {
        section.id = attributes.id;
      }
    },
    ontext(text) {
      for (const section of open) section.text += text;
      const section = open.at(-1);
      if (isHeading && section) section.title += text;
    },
    onclosetag(name) {
      if (HEADING.test(name)) isHeading = false;
      if (!isSection.pop()) return;
      const { id, title, text } = open.pop()!;
      if (id !== "") sections.set(id, { title: withoutNumber(title), text });
    },
  }, { xmlMode: true, decodeEntities: true });
  parser.end(html);
  return sections;
}

function withoutNumber(title: string): string {
  return title.replace(/\s+/g, " ").trim().replace(/^\d+(\.\d+)*\.?\s*/, "");
}
