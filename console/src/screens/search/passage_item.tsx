import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Passage } from "supabase-document-pipeline-client";
import { formatNumber } from "../../format.ts";
import { useTexts } from "../../language.ts";
import { Name } from "../../parts/name.tsx";
import { Around } from "./around.tsx";
import type { Asked } from "./neighbours.ts";
import { PassageText, Runs } from "./passage_text.tsx";
import { type Block, readBlocks, type Run } from "./readable.ts";
import { shownText } from "./shown_text.ts";
import { strengthOf, STRENGTHS } from "./strength.ts";
import { TEXTS } from "./texts.ts";

interface Props {
  passage: Passage;
  asked: Asked;
  /** Among the results of its document, from 1. */
  rank: number;
  isShown: boolean;
  onShow(): void;
  /** Left out where the search is in this document alone. */
  onOnly?(): void;
}

export function PassageItem({ passage, asked, rank, isShown, onShow, onOnly }: Props) {
  const t = useTexts(TEXTS);
  const [isAround, setAround] = useState(false);
  const { filename, page, heading_path, highlights, duplicates = [] } = passage;
  const { title, blocks } = useMemo(() => titled(passage), [passage]);
  return (
    <li class="passage panel" aria-current={isShown ? "true" : undefined}>
      <div class="passage-head">
        <h2>
          {title
            ? (
              <bdi>
                <Runs runs={title} highlights={highlights} />
              </bdi>
            )
            : heading_path.length > 0
            ? <bdi>{shownText(heading_path.at(-1)!)}</bdi>
            : <Name>{filename}</Name>}
        </h2>
        <StrengthMeter passage={passage} />
      </div>
      <p class="passage-place muted">
        <Name>{filename}</Name>
        <Place {...passage} />
        {heading_path.slice(0, -1).map((heading, n) => (
          <span key={n} class="heading">
            <bdi>{shownText(heading)}</bdi>
          </span>
        ))}
      </p>
      <Folded {...{ blocks, highlights }} />
      {duplicates.length > 0 && (
        <p class="muted">
          {t.sameText} {duplicates.map(({ chunk_id, filename, page }, n) => (
            <span key={chunk_id}>
              {n > 0 && ", "}
              <Name>{filename}</Name>
              {page !== null && ` (${t.page(formatNumber(page))})`}
            </span>
          ))}
        </p>
      )}
      <div class="actions">
        <button type="button" onClick={onShow}>{page === null ? t.show : t.showPage(formatNumber(page))}</button>
        <button type="button" class="link" aria-expanded={isAround} onClick={() => setAround(!isAround)}>
          {isAround ? t.hideAround : t.around}
        </button>
        {onOnly && <button type="button" class="link" onClick={onOnly}>{t.onlyThis}</button>}
      </div>
      {isAround && <Around {...{ passage, asked, rank }} />}
    </li>
  );
}

/** A passage that begins with its heading has it as its title, with the marks that are in it. */
function titled({ content, heading_path }: Passage): { title?: Run[]; blocks: Block[] } {
  const [first, ...rest] = readBlocks(content);
  if (first?.kind !== "heading" || rest.length === 0) return { blocks: readBlocks(content) };
  const isTitle = first.runs.map(({ text }) => text).join("").trim() === heading_path.at(-1)?.trim();
  return isTitle ? { title: first.runs, blocks: rest } : { blocks: [first, ...rest] };
}

function Place({ page, page_from, page_to }: Passage) {
  const t = useTexts(TEXTS);
  if (page_from !== null && page_to !== null && page_to > page_from) {
    return <span>{t.pages(formatNumber(page_from), formatNumber(page_to))}</span>;
  }
  return page === null ? null : <span>{t.page(formatNumber(page))}</span>;
}

function StrengthMeter({ passage: { score, text_score } }: { passage: Passage }) {
  const t = useTexts(TEXTS);
  const strength = strengthOf(score);
  const details = [t.scoreOf(formatNumber(100 * score))];
  if (text_score !== null) details.push(t.wordShare(`${formatNumber(100 * text_score)} %`));
  return (
    <span class="strength" title={details.join("; ")}>
      <span aria-hidden="true">
        {STRENGTHS.map((step, n) => <i key={step} class={n <= STRENGTHS.indexOf(strength) ? "on" : ""} />)}
      </span>
      {t.strengths[strength]}
    </span>
  );
}

/** A long passage shows the part with the question's words. */
function Folded({ blocks, highlights }: { blocks: Block[]; highlights: Passage["highlights"] }) {
  const t = useTexts(TEXTS);
  const frame = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);
  const [isLong, setLong] = useState(false);
  useLayoutEffect(() => {
    const element = frame.current!;
    if (isOpen) return;
    setLong(element.scrollHeight > element.clientHeight + 8);
    const first = element.querySelector("mark");
    const below = first
      ? first.getBoundingClientRect().top - element.getBoundingClientRect().top + element.scrollTop
      : 0;
    // Two lines before the first word, if it would not be seen.
    element.scrollTop = below > element.clientHeight * 0.6 ? below - 48 : 0;
  }, [blocks, highlights, isOpen]);
  return (
    <>
      <div ref={frame} class={isOpen ? "" : isLong ? "folded long" : "folded"}>
        <PassageText {...{ blocks, highlights }} />
      </div>
      {isLong && (
        <button type="button" class="link unfold" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? t.less : t.whole}
        </button>
      )}
    </>
  );
}
