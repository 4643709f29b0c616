import { useEffect, useLayoutEffect } from "preact/hooks";
import type { UploadSnapshot } from "supabase-document-pipeline-client";
import { type Uploads, useUpload } from "supabase-document-pipeline-client/react";
import { useTexts } from "../../language.ts";
import { runInBackground } from "../../parts/background.tsx";
import { pipeline } from "../../pipeline.ts";
import { hrefOf, useRoute } from "../../route.ts";
import { createSharedValue } from "../../shared_value.ts";
import { TEXTS } from "./texts.ts";
import { isOver, percentOf } from "./upload_view.ts";

interface Shared {
  /** Null until the component that keeps them is shown. */
  uploads: Uploads | null;
  /** Whether the files to be added are scans. */
  ocr: boolean;
  /** The tasks that the user has seen, and does not want to see any more. */
  dismissed: ReadonlySet<string>;
}

const shared = createSharedValue<Shared>({ uploads: null, ocr: false, dismissed: new Set() });

function share(change: Partial<Shared>): void {
  shared.set({ ...shared.get(), ...change });
}

/** The uploads of this page: they continue while other screens are shown, and after signing in again. */
export function useUploads(): Shared & { setOcr(ocr: boolean): void; dismiss(task: UploadSnapshot): void } {
  return { ...shared.use(), setOcr, dismiss };
}

function setOcr(ocr: boolean): void {
  share({ ocr });
}

/** Hides a task that has ended; what a failed one registered is deleted. */
function dismiss({ id, state }: UploadSnapshot): void {
  share({ dismissed: new Set([...shared.get().dismissed, id]) });
  if (state === "failed") shared.get().uploads?.abort(id);
}

function KeepUploads() {
  const { ocr } = shared.use();
  const uploads = useUpload(pipeline(), { ocr });
  const isUnfinished = uploads.tasks.some((task) => !isOver(task));
  useLayoutEffect(() => share({ uploads }), [uploads]);
  useWarnedUnload(isUnfinished);
  useHarmlessDrops();
  const { path: [screen, ...rest] } = useRoute();
  if (!uploads.isUploading || (screen === "files" && rest.length === 0)) return null;
  return <Elsewhere uploads={uploads} />;
}

/** On other screens, that files are on their way. */
function Elsewhere({ uploads: { tasks, progress } }: { uploads: Uploads }) {
  const t = useTexts(TEXTS).uploads;
  const count = tasks.filter((task) => !isOver(task)).length;
  return (
    <a class="uploads-elsewhere" href={hrefOf(["files"])}>
      {t.elsewhere(count)}, {percentOf(progress)} %
    </a>
  );
}

/** Files that are not sent yet are lost with the page. */
function useWarnedUnload(isUnfinished: boolean): void {
  useEffect(() => {
    if (!isUnfinished) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [isUnfinished]);
}

/** A file that is dropped where none is taken would replace the page, and end its uploads. */
function useHarmlessDrops(): void {
  useEffect(() => {
    const refuse = (event: DragEvent) => {
      if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "none";
    };
    addEventListener("dragover", refuse);
    addEventListener("drop", refuse);
    return () => {
      removeEventListener("dragover", refuse);
      removeEventListener("drop", refuse);
    };
  }, []);
}

runInBackground(KeepUploads);
