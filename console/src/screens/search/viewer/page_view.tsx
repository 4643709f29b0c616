import { useEffect, useRef, useState } from "preact/hooks";
import type { Passage } from "supabase-document-pipeline-client";
import { formatNumber } from "../../../format.ts";
import { useTexts } from "../../../language.ts";
import { drawPage } from "./drawn_page.ts";
import type { Mark } from "./locate.ts";
import type { Pdf } from "./pdf.ts";
import { TEXTS } from "./texts.ts";

interface Props {
  pdf: Pdf;
  passage: Passage;
  number: number;
  /** How much wider than the view the page is. */
  zoom: number;
  marks: readonly Mark[];
  onError(error: unknown): void;
}

/** A window that is dragged changes its width often. */
const RESIZED_MS = 150;
/** The share of the view above the passage. */
const ABOVE = 0.25;

/** One page, drawn as wide as the view; it scrolls within its frame. */
export function PageView({ pdf, passage, number, zoom, marks, onError }: Props) {
  const t = useTexts(TEXTS);
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  /** Where the view has been moved to already: a page that is drawn larger stays where it is. */
  const shown = useRef("");
  useEffect(() => {
    if (width === 0) return;
    const ending = new AbortController();
    drawPage(pdf, { number, width: Math.floor(width * zoom), marks, signal: ending.signal }).then(
      ({ element }) => {
        const view = frame.current;
        if (ending.signal.aborted || !view) return;
        const place = view.scrollTop / Math.max(1, view.scrollHeight);
        view.replaceChildren(element);
        const wanted = `${passage.chunk_id} ${number}`;
        if (shown.current === wanted) view.scrollTop = place * view.scrollHeight;
        else showMarks(view);
        shown.current = wanted;
      },
      (error) => ending.signal.aborted || onError(error),
    );
    return () => ending.abort();
  }, [pdf, passage, number, width, zoom, marks]);
  return (
    <div
      ref={frame}
      class="page-frame"
      role="region"
      tabIndex={0}
      aria-label={t.view(formatNumber(number))}
    />
  );
}

/** Moves the frame, and only the frame, to the first mark: rather to the question's words than to the passage. */
function showMarks(view: HTMLElement): void {
  const marks = [...view.querySelectorAll("mark")];
  const first = marks[0];
  if (!first) {
    view.scrollTop = 0;
    return;
  }
  const top = view.getBoundingClientRect().top;
  const place = (mark: Element) => mark.getBoundingClientRect().top - top + view.scrollTop;
  const hit = view.querySelector("mark.hit") ?? first;
  // If both fit into the view, the passage's beginning is shown.
  const isNear = place(hit) - place(first) < view.clientHeight * (1 - 2 * ABOVE);
  view.scrollTop = place(isNear ? first : hit) - view.clientHeight * ABOVE;
  const left = first.getBoundingClientRect().left - view.getBoundingClientRect().left + view.scrollLeft;
  view.scrollLeft = Math.max(0, left - view.clientWidth / 4);
}

/** The width of the content of an element, as it changes; 0 before it is known. */
function useWidth(element: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const take = () => setWidth(element.current?.clientWidth ?? 0);
    take();
    const observer = new ResizeObserver(() => {
      clearTimeout(timer);
      timer = setTimeout(take, RESIZED_MS);
    });
    observer.observe(element.current!);
    return () => {
      observer.disconnect();
      clearTimeout(timer);
    };
  }, []);
  return width;
}
