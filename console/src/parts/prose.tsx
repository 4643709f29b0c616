import type { ComponentChildren } from "preact";
import "./prose.css";

/** Text of the documentation as data; `npm run generate` writes it. Whatever it contains is shown as text. */
export type Inline = string | { code: string } | { strong: Inline[] } | { link: Inline[]; to: string };
export type Block = { paragraph: Inline[] } | { list: Block[][] } | { code: string; language: string };

export function Prose({ blocks }: { blocks: Block[] }) {
  return <div class="prose">{blocks.map(blockOf)}</div>;
}

function blockOf(block: Block, index: number): ComponentChildren {
  if ("paragraph" in block) return <p key={index}>{block.paragraph.map(inlineOf)}</p>;
  if ("list" in block) {
    return <ul key={index}>{block.list.map((item, index) => <li key={index}>{item.map(blockOf)}</li>)}</ul>;
  }
  // A long line scrolls, also by keyboard.
  return <pre key={index} tabIndex={0} aria-label={block.language}><code>{block.code}</code></pre>;
}

function inlineOf(inline: Inline, index: number): ComponentChildren {
  if (typeof inline === "string") return inline;
  if ("code" in inline) return <code key={index}>{inline.code}</code>;
  if ("strong" in inline) return <strong key={index}>{inline.strong.map(inlineOf)}</strong>;
  const { link, to } = inline;
  const isOutside = !to.startsWith("#");
  return (
    <a key={index} href={to} rel={isOutside ? "noreferrer" : undefined} target={isOutside ? "_blank" : undefined}>
      {link.map(inlineOf)}
    </a>
  );
}
