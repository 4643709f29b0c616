import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Passage } from "supabase-document-pipeline-client";
import { formatNumber } from "../../../format.ts";
import { useTexts } from "../../../language.ts";
import { Name } from "../../../parts/name.tsx";
import { ErrorNotice, Loading } from "../../../parts/notices.tsx";
import { pipeline } from "../../../pipeline.ts";
import { useUserTexts } from "../../../user_texts.ts";
import { findInPdf, type Found } from "./find_in_pdf.ts";
import { Originals, UnviewableError } from "./originals.ts";
import { PageNumber } from "./page_number.tsx";
import { PageView } from "./page_view.tsx";
import { openPdf, type Pdf } from "./pdf.ts";
import { TEXTS } from "./texts.ts";
import "./viewer.css";

const originals = new Originals(pipeline());
const NO_MARKS: never[] = [];

/** How much wider than the view the page is. */
const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4];
const FIT = 1;

interface Props {
  passage: Passage;
  onClose(): void;
}

/** The page of the PDF that has the passage, with the passage marked. */
export default function Viewer({ passage, onClose }: Props) {
  const t = useTexts(TEXTS);
  const texts = useUserTexts();
  const titleId = useId();
  const [attempt, setAttempt] = useState(0);
  const { pdf, error: openError } = usePdf(passage.document_id, attempt);
  const { found, error: findError } = useFound(pdf, passage);
  const [number, setNumber] = useState(1);
  const [zoom, setZoom] = useState(FIT);
  const [drawError, setDrawError] = useState<unknown>();
  useEffect(() => {
    if (found) setNumber(found.page);
  }, [found]);
  useEffect(() => setDrawError(undefined), [pdf, number]);

  const error = openError ?? findError ?? drawError;
  const pageCount = pdf?.pageCount ?? 1;
  const turn = (pages: number) => setNumber(Math.min(pageCount, Math.max(1, number + pages)));
  const resize = (steps: number) => setZoom(ZOOMS[ZOOMS.indexOf(zoom) + steps] ?? zoom);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLInputElement) return;
    const act =
      { n: () => turn(1), p: () => turn(-1), "+": () => resize(1), "-": () => resize(-1), 0: () => setZoom(FIT) }[
        event.key
      ];
    if (!act) return;
    event.preventDefault();
    act();
  };
  const isAtPassage = found === undefined || found.marks.has(number) || found.page === number;
  return (
    <section class="viewer panel" aria-labelledby={titleId} onKeyDown={onKeyDown}>
      <div class="panel-head">
        <h2 id={titleId}>
          <Name>{passage.filename}</Name>
        </h2>
        <button type="button" onClick={onClose}>{t.close}</button>
      </div>
      {pdf && (
        <div class="viewer-tools" role="toolbar" aria-label={t.page}>
          <span class="row">
            <button
              type="button"
              aria-label={t.previous}
              aria-keyshortcuts="p"
              title={`${t.previous} (p)`}
              disabled={number <= 1}
              onClick={() => turn(-1)}
            >
              ‹
            </button>
            <PageNumber {...{ number, pageCount, setNumber }} label={t.page} />
            <span class="muted">{t.of(formatNumber(pageCount))}</span>
            <button
              type="button"
              aria-label={t.next}
              aria-keyshortcuts="n"
              title={`${t.next} (n)`}
              disabled={number >= pageCount}
              onClick={() => turn(1)}
            >
              ›
            </button>
          </span>
          <span class="row">
            <button
              type="button"
              aria-label={t.smaller}
              aria-keyshortcuts="-"
              title={`${t.smaller} (-)`}
              disabled={zoom === ZOOMS[0]}
              onClick={() => resize(-1)}
            >
              −
            </button>
            <button
              type="button"
              aria-label={t.larger}
              aria-keyshortcuts="+"
              title={`${t.larger} (+)`}
              disabled={zoom === ZOOMS.at(-1)}
              onClick={() => resize(1)}
            >
              +
            </button>
            <button type="button" aria-keyshortcuts="0" title={`${t.fit} (0)`} onClick={() => setZoom(FIT)}>
              {t.fit}
            </button>
          </span>
        </div>
      )}
      <div>
        <p class="viewer-note" role="status">
          {error === undefined && pdf && (found ? t.outcomes[found.outcome](formatNumber(found.page)) : t.looking)}
        </p>
        <ErrorNotice
          error={error}
          text={error instanceof UnviewableError
            ? `${t.unviewable[error.reason]} ${t.textRemains}`
            : texts.error(error)}
          retry={isFinal(error) ? undefined : () => setAttempt(attempt + 1)}
        />
      </div>
      {!isAtPassage && (
        <button type="button" class="link" onClick={() => setNumber(found.page)}>
          {t.elsewhere(formatNumber(found.page))}
        </button>
      )}
      {error === undefined && !pdf && <Loading />}
      {pdf && found && drawError === undefined && (
        <PageView
          {...{ pdf, number, zoom, passage }}
          marks={found.marks.get(number) ?? NO_MARKS}
          onError={setDrawError}
        />
      )}
    </section>
  );
}

/** Whether another attempt would end the same. */
function isFinal(error: unknown): boolean {
  return error instanceof UnviewableError && error.reason !== "too_slow" && error.reason !== "not_loaded";
}

/** The PDF of a document: downloaded once, and open as long as it is shown. */
function usePdf(documentId: string, attempt: number): { pdf?: Pdf; error?: unknown } {
  const [state, setState] = useState<{ pdf?: Pdf; error?: unknown }>({});
  useEffect(() => {
    let isOver = false;
    let pdf: Pdf | undefined;
    setState({});
    originals.get(documentId).then(openPdf).then(
      (opened) => {
        pdf = opened;
        if (isOver) opened.close();
        else setState({ pdf });
      },
      (error) => isOver || setState({ error }),
    );
    return () => {
      isOver = true;
      pdf?.close();
    };
  }, [documentId, attempt]);
  return state;
}

function useFound(pdf: Pdf | undefined, passage: Passage): { found?: Found; error?: unknown } {
  const [state, setState] = useState<{ of?: Pdf; found?: Found; error?: unknown }>({});
  const shown = useRef<Passage>();
  useEffect(() => {
    if (!pdf) return;
    const ending = new AbortController();
    if (shown.current?.chunk_id !== passage.chunk_id) setState({});
    shown.current = passage;
    findInPdf(pdf, passage, ending.signal).then(
      (found) => ending.signal.aborted || setState({ of: pdf, found }),
      (error) => ending.signal.aborted || setState({ of: pdf, error }),
    );
    return () => ending.abort();
  }, [pdf, passage]);
  // Of another document's file it says nothing.
  return state.of === pdf ? state : {};
}
