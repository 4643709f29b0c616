import createParser, { type Token } from "markdown-it";
import { relative, resolve, sep } from "node:path";
import { pageOf } from "./page.ts";

/** Files of the project that its documents lead to. Settings and secrets have other endings or hidden names. */
const SHOWN = /\.(md|ts|mjs|sql)$/;
const HIDDEN = /(^|\/)(\.|node_modules(\/|$))/;

/** A file of the project to read: Markdown as a page, others as they are; undefined if it is not one to show. */
export async function readProjectFile(
  folder: string,
  path: string,
): Promise<{ content: string; type: "html" | "plain" } | undefined> {
  if (!SHOWN.test(path) || HIDDEN.test(path)) return;
  const root = await Deno.realPath(folder);
  try {
    // Links that lead out of the folder are not followed.
    const file = await Deno.realPath(resolve(root, path));
    if (!file.startsWith(root + sep) || HIDDEN.test(relative(root, file))) return;
    const content = await Deno.readTextFile(file);
    return path.endsWith(".md")
      ? { content: pageOf(titleOf(content, path), renderMarkdown(content)), type: "html" }
      : { content, type: "plain" };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return;
    throw error;
  }
}

function titleOf(markdown: string, path: string): string {
  return /^# (.+)$/m.exec(markdown)?.[1] ?? path;
}

/** HTML in the Markdown is shown as text. Headings get the ids that links of these documents use. */
export function renderMarkdown(markdown: string): string {
  const parser = createParser({ html: false });
  const tokens = parser.parse(markdown.replaceAll(/^<!--.*-->$/gm, ""), {});
  tokens.forEach((token, index) => {
    if (token.type === "heading_open") token.attrSet("id", anchorOf(tokens[index + 1]));
  });
  return parser.renderer.render(tokens, parser.options, {});
}

/** As on GitHub: lower case, without punctuation, with hyphens for spaces. */
function anchorOf({ children }: Token): string {
  const text = (children ?? []).map(({ content }) => content).join("");
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
}
