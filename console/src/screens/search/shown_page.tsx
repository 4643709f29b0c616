import { lazy, Suspense } from "preact/compat";
import { useEffect, useRef } from "preact/hooks";
import type { Passage } from "supabase-document-pipeline-client";
import { useTexts } from "../../language.ts";
import { Loading } from "../../parts/notices.tsx";
import { ScreenBoundary } from "../../parts/screen_boundary.tsx";
import { TEXTS } from "./texts.ts";

/** pdf.js is larger than all of the console: it is loaded with the first page that is shown. */
const Viewer = lazy(() => import("./viewer/viewer.tsx"));

interface Props {
  passage: Passage;
  /** Beside the results, or else over them. */
  isBeside: boolean;
  onClose(): void;
}

/** The page of a passage. Results stay usable if it cannot be shown. */
export function ShownPage({ passage, isBeside, onClose }: Props) {
  const viewer = (
    <ScreenBoundary>
      <Suspense fallback={<Loading />}>
        <Viewer {...{ passage, onClose }} />
      </Suspense>
    </ScreenBoundary>
  );
  return isBeside ? viewer : <Over onClose={onClose}>{viewer}</Over>;
}

function Over({ onClose, children }: { onClose(): void; children: preact.ComponentChildren }) {
  const t = useTexts(TEXTS);
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => element.current!.showModal(), []);
  return <dialog ref={element} class="viewer-over" aria-label={t.viewer} onClose={onClose}>{children}</dialog>;
}
