import { useQuery } from "@tanstack/preact-query";
import { useRef } from "preact/hooks";
import type { Limits } from "supabase-document-pipeline-client";
import { formatNumber } from "../../format.ts";
import { language, useTexts } from "../../language.ts";
import { shortName, shownName } from "../../parts/name.tsx";
import { pipeline } from "../../pipeline.ts";
import { useUserTexts } from "../../user_texts.ts";
import { acceptOf, allowedEndings, type Intake, MOST_FILES, type Refused } from "./intake.ts";
import { TEXTS } from "./texts.ts";
import { useUploads } from "./uploads.tsx";

/** The limits in force; undefined until they are known. */
export function useLimits(): Limits | undefined {
  return useQuery({
    queryKey: ["limits"],
    queryFn: ({ signal }) => pipeline().limits({ signal }),
    staleTime: 60_000,
  }).data;
}

interface Props {
  limits: Limits | undefined;
  take(intake: Intake): void;
  /** What was not taken of the files that were chosen last. */
  notTaken: Pick<Intake, "refused" | "isCut"> | null;
  close(): void;
}

/** Where files come in: the button, what is allowed, and what was not. */
export function IntakePanel({ limits, take, notTaken, close }: Props) {
  const t = useTexts(TEXTS).intake;
  const { uploads, ocr, setOcr } = useUploads();
  const input = useRef<HTMLInputElement>(null);
  const choose = (event: Event & { currentTarget: HTMLInputElement }) => {
    take({ files: [...event.currentTarget.files ?? []], refused: [], isCut: false });
    // The same file may be chosen again.
    event.currentTarget.value = "";
  };
  return (
    <section class="intake" aria-label={t.title}>
      <div class="row">
        <span>{t.drop}</span>
        <button type="button" class="main" disabled={!uploads} onClick={() => input.current!.click()}>
          {t.choose}
        </button>
        <input
          ref={input}
          type="file"
          multiple
          hidden
          accept={limits && acceptOf(limits)}
          onChange={choose}
          data-testid="file"
        />
      </div>
      <div class="row">
        {limits && <small>{t.limits(namesOf(limits), mebibytes(limits.max_file_bytes), limits.max_pages)}</small>}
        <label class="check">
          <input type="checkbox" checked={ocr} onChange={(event) => setOcr(event.currentTarget.checked)} />
          {t.ocr}
        </label>
      </div>
      <div role="alert">{notTaken && <NotTaken {...notTaken} close={close} />}</div>
    </section>
  );
}

function NotTaken({ refused, isCut, close }: Pick<Intake, "refused" | "isCut"> & { close(): void }) {
  const t = useTexts(TEXTS).intake;
  return (
    <div class="notice warn">
      <div class="stack">
        {refused.length > 0 && (
          <details open={refused.length <= 5}>
            <summary>{t.refused(refused.length)}</summary>
            <ul class="refused" tabIndex={0}>{refused.map((each, n) => <RefusedFile key={n} {...each} />)}</ul>
          </details>
        )}
        {isCut && <p>{t.cut(MOST_FILES)}</p>}
        {!isCut && refused.length === 0 && <p>{t.nothing}</p>}
      </div>
      <button type="button" onClick={close}>{t.close}</button>
    </div>
  );
}

function RefusedFile({ name, error }: Refused) {
  const texts = useUserTexts();
  return (
    <li>
      <strong title={shownName(name)}>
        <bdi>{shortName(name)}</bdi>
      </strong>: {texts.error(error)}
    </li>
  );
}

function namesOf(limits: Limits): string {
  return [...new Set(allowedEndings(limits).map((ending) => ending.toUpperCase()))].join(", ");
}

/** As the client's texts write sizes, which name the same limit. */
function mebibytes(bytes: number): string {
  if (bytes < 2 ** 20) return `${formatNumber(bytes / 1024)} kB`;
  return (bytes / 2 ** 20).toLocaleString(language(), { style: "unit", unit: "megabyte", maximumFractionDigits: 1 });
}
