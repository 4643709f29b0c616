import MarkdownIt, { type Token } from "markdown-it";
import { REPOSITORY } from "../repository.ts";
import type { Product } from "./product.ts";

const RUNBOOK = "docs/runbook.md";
/** The part that shows it, from the folder of the generated file. */
const PROSE = "../../parts/prose.tsx";

/** Text as data, so that a page can show it without HTML; console/src/parts/prose.tsx has the same types. */
export type Inline = string | { code: string } | { strong: Inline[] } | { link: Inline[]; to: string };
export type Block = { paragraph: Inline[] } | { list: Block[][] } | { code: string; language: string };

/** console/src/screens/alerts/runbook.ts: the runbook's section of each alert, for the console. */
export async function consoleRunbook(): Promise<Product> {
  const sections = sectionsOf(await Deno.readTextFile(`${REPOSITORY}/${RUNBOOK}`));
  return {
    path: "console/src/screens/alerts/runbook.ts",
    text: `// Written by npm run generate from ${RUNBOOK}. Change that, not this file.

import type { Block } from ${JSON.stringify(PROSE)};

/** What each alert means, and what to do. */
export const SECTIONS: Record<string, Block[]> = ${JSON.stringify(Object.fromEntries(sections))};
`,
  };
}

/**
 * The sections that are named after an alert.
 * @throws if one has Markdown that the console cannot show
 */
export function sectionsOf(text: string): Map<string, Block[]> {
  const sections = [...text.matchAll(/^## (Pipeline\w+)\n([\s\S]*?)(?=^## |$(?![\s\S]))/gm)];
  const names = sections.map(([, name]) => name);
  return new Map(sections.map(([, name, section]) => [name, new Reader(section, names).blocks()]));
}

class Reader {
  #tokens: Token[];
  #alerts: string[];
  #at = 0;

  constructor(text: string, alerts: string[]) {
    this.#tokens = new MarkdownIt("commonmark").parse(text, {});
    this.#alerts = alerts;
  }

  /** The blocks up to a closing token, or to the end. */
  blocks(end?: string): Block[] {
    const blocks: Block[] = [];
    for (let token = this.#next(); token && token.type !== end; token = this.#next()) blocks.push(this.#block(token));
    return blocks;
  }

  #block({ type, content, info }: Token): Block {
    switch (type) {
      case "paragraph_open": {
        const inline = this.#next()!;
        this.#next();
        return { paragraph: this.#inlines(inline.children!) };
      }
      case "bullet_list_open": {
        const list: Block[][] = [];
        while (this.#next()!.type === "list_item_open") list.push(this.blocks("list_item_close"));
        return { list };
      }
      case "fence":
        return { code: content.trimEnd(), language: info };
      default:
        throw new Error(`${RUNBOOK}: the console cannot show ${type}.`);
    }
  }

  #inlines(tokens: Token[]): Inline[] {
    const inlines: Inline[] = [];
    const add = (text: string) => {
      if (typeof inlines.at(-1) === "string") inlines.push(inlines.pop() + text);
      else inlines.push(text);
    };
    for (let at = 0; at < tokens.length; at++) {
      const { type, content } = tokens[at];
      switch (type) {
        case "text":
          if (content !== "") add(content);
          break;
        case "softbreak":
          add(" ");
          break;
        case "code_inline":
          inlines.push({ code: content });
          break;
        case "strong_open": {
          const end = closing(tokens, at, "strong_close");
          inlines.push({ strong: this.#inlines(tokens.slice(at + 1, end)) });
          at = end;
          break;
        }
        case "link_open": {
          const end = closing(tokens, at, "link_close");
          const text = this.#inlines(tokens.slice(at + 1, end));
          const to = this.#target(String(tokens[at].attrGet("href")));
          if (to.startsWith("#") || to.startsWith("https:")) inlines.push({ link: text, to });
          // A page of the documentation, which the console does not have.
          else inlines.push(...text, " (", { code: to }, ")");
          at = end;
          break;
        }
        default:
          throw new Error(`${RUNBOOK}: the console cannot show ${type}.`);
      }
    }
    return inlines;
  }

  /** A section about an alert, an address, or the path of a document in the repository. */
  #target(href: string): string {
    const alert = this.#alerts.find((name) => href === `#${name.toLowerCase()}`);
    if (alert) return `#/alerts?runbook=${alert}`;
    if (href.startsWith("https:")) return href;
    return href.startsWith("#") ? `${RUNBOOK}${href}` : new URL(href, `file:///${RUNBOOK}`).pathname.slice(1);
  }

  #next(): Token | undefined {
    return this.#tokens[this.#at++];
  }
}

function closing(tokens: Token[], from: number, type: string): number {
  return tokens.findIndex((token, at) => at > from && token.type === type);
}
