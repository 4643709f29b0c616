import type { ComponentChildren } from "preact";
import { shownText } from "./shown_text.ts";
import { highlighted } from "./highlighted.ts";
import type { Block, Run } from "./readable.ts";

type Highlights = readonly { start: number; end: number }[];
const NONE: Highlights = [];

/** The blocks of a passage, with the question's words marked. Nothing in it is HTML, a link or a picture. */
export function PassageText({ blocks, highlights = NONE }: { blocks: Block[]; highlights?: Highlights }) {
  return (
    <div class="passage-text" dir="auto">
      {blocks.map((block, n) => <BlockText key={n} {...{ block, highlights }} />)}
    </div>
  );
}

/** What is wider than its frame scrolls there, also by keyboard. */
function BlockText({ block, highlights }: { block: Block; highlights: Highlights }) {
  const text = (runs: Run[]) => <Runs {...{ runs, highlights }} />;
  switch (block.kind) {
    case "heading":
      // The screen's own headings lead to the passages.
      return <p class="passage-heading" dir="auto">{text(block.runs)}</p>;
    case "code":
      return <pre dir="auto" tabIndex={0}><code>{text(block.runs)}</code></pre>;
    case "quote":
      return <blockquote dir="auto">{text(block.runs)}</blockquote>;
    case "item":
      return (
        <p class={`passage-item depth-${block.depth}`} dir="auto">
          <span>{/^\d/.test(block.marker.text) ? text([block.marker]) : "•"}</span>
          <span>{text(block.runs)}</span>
        </p>
      );
    case "table":
      return (
        <div class="table" role="group" tabIndex={0}>
          <table>
            {block.head.length > 0 && (
              <thead>
                <tr>{block.head.map((cell, n) => <th key={n} dir="auto">{text(cell)}</th>)}</tr>
              </thead>
            )}
            <tbody>
              {block.rows.map((row, n) => (
                <tr key={n}>{row.map((cell, n) => <td key={n} dir="auto">{text(cell)}</td>)}</tr>
              ))}
            </tbody>
          </table>
        </div>
      );
    default:
      return <p dir="auto">{text(block.runs)}</p>;
  }
}

export function Runs({ runs, highlights }: { runs: Run[]; highlights: Highlights }) {
  return (
    <>
      {runs.map((run, n) => {
        let shown: ComponentChildren = highlighted(run, highlights).map(({ text, isMarked }, n) =>
          isMarked ? <mark key={n}>{shownText(text)}</mark> : shownText(text)
        );
        if (run.isCode) shown = <code>{shown}</code>;
        if (run.isEmphasised) shown = <em>{shown}</em>;
        if (run.isStrong) shown = <strong>{shown}</strong>;
        if (run.isTarget) shown = <span class="muted">({shown})</span>;
        return <span key={n}>{shown}</span>;
      })}
    </>
  );
}
