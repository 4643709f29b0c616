import type { UploadSnapshot } from "supabase-document-pipeline-client";
import type { Uploads } from "supabase-document-pipeline-client/react";
import { useEffect } from "preact/hooks";
import { formatBytes } from "../../format.ts";
import { useTexts } from "../../language.ts";
import { shortName, shownName } from "../../parts/name.tsx";
import { Panel } from "../../parts/panel.tsx";
import { hrefOf } from "../../route.ts";
import { useUserTexts } from "../../user_texts.ts";
import { TEXTS } from "./texts.ts";
import { isOver, isShown } from "./upload_view.ts";
import { useUploads } from "./uploads.tsx";

/** The files on their way, and those that did not arrive. */
export function UploadList({ uploads }: { uploads: Uploads }) {
  const t = useTexts(TEXTS).uploads;
  const texts = useUserTexts();
  const { dismissed, dismiss } = useUploads();
  const { tasks, error } = uploads;
  const shown = tasks.filter((task) => isShown(task, dismissed));
  // The files of ended tasks are held until they are cleared; this also deletes what a failed one registered.
  useEffect(() => {
    if (shown.length === 0 && tasks.length > 0) uploads.clear();
  }, [shown.length === 0, tasks.length]);
  if (shown.length === 0 && !error) return null;
  const isEach = (...states: UploadSnapshot["state"][]) => shown.some(({ state }) => states.includes(state));
  const isMoving = isEach("waiting", "hashing", "registering", "sending");
  return (
    <Panel
      title={t.title}
      actions={tasks.length > 1 && (
        <>
          <small>{t.count(tasks.filter(({ state }) => state === "done").length, tasks.length)}</small>
          {isMoving && <button type="button" onClick={() => uploads.pause()}>{t.pauseAll}</button>}
          {isEach("paused") && <button type="button" onClick={() => uploads.resume()}>{t.resumeAll}</button>}
          {(isMoving || isEach("paused")) && (
            <button type="button" onClick={() => cancelAll(uploads)}>{t.cancelAll}</button>
          )}
        </>
      )}
    >
      <div role="alert">
        {error && (
          <div class="notice bad">
            <p>{texts.error(error)}</p>
            <span class="actions">
              {error.code === "consent_required" && <a class="button" href={hrefOf(["account"])}>{t.consent}</a>}
              <button type="button" onClick={() => uploads.resume()}>{t.resume}</button>
            </span>
          </div>
        )}
      </div>
      <p class="hidden" role="status">
        {shown.filter(({ state }) => state === "failed").map((task) =>
          `${shortName(task.filename)}: ${texts.error(task.error)}`
        ).join(" ")}
      </p>
      <ul class="uploads">
        {shown.map((task) => <Upload key={task.id} task={task} uploads={uploads} dismiss={() => dismiss(task)} />)}
      </ul>
    </Panel>
  );
}

/** What has failed stays, with its reason. */
function cancelAll(uploads: Uploads): void {
  for (const task of uploads.tasks) if (!isOver(task)) uploads.abort(task.id);
}

interface UploadProps {
  task: UploadSnapshot;
  uploads: Uploads;
  dismiss(): void;
}

function Upload({ task, uploads, dismiss }: UploadProps) {
  const t = useTexts(TEXTS).uploads;
  const { id, filename, state, progress, uploaded } = task;
  const name = shownName(filename);
  const button = (title: string, act: () => void) => (
    <button type="button" aria-label={`${title}: ${name}`} onClick={act}>{title}</button>
  );
  return (
    <li>
      <UploadState task={task} />
      <span class="actions">
        {state === "paused" && button(t.resume, () => uploads.resume(id))}
        {state === "failed" && button(t.retry, () => uploads.retry(id))}
        {!isOver(task) && state !== "paused" && button(t.pause, () => uploads.pause(id))}
        {!isOver(task) && button(t.cancel, () => uploads.abort(id))}
        {uploaded && <a class="button" href={hrefOf(["files", uploaded.documentId])}>{t.existing}</a>}
        {isOver(task) && button(t.dismiss, dismiss)}
      </span>
      {!isOver(task) && (
        <div class="upload-progress">
          <progress value={progress.sent} max={progress.total} aria-label={t.progress(name)} />
          <small>{t.bytes(formatBytes(progress.sent), formatBytes(progress.total))}</small>
        </div>
      )}
    </li>
  );
}

/** The sentence of an upload names its file; before the others it is named here. */
function UploadState({ task }: { task: UploadSnapshot }) {
  const texts = useUserTexts();
  const { state, uploaded, error } = task;
  const name = shownName(task.filename);
  const short = shortName(task.filename);
  const named = (tone: string, sentence: string) => (
    <p title={name}>
      <strong>
        <bdi>{short}</bdi>
      </strong>: <span class={`${tone} tone`}>{sentence}</span>
    </p>
  );
  if (uploaded?.duplicate) return named("warn", texts.status("duplicate"));
  if (error && isOver(task)) return named("bad", texts.error(error));
  const [before, ...after] = texts.upload({ ...task, filename: MARK }).split(MARK);
  if (state === "failed" || after.length === 0) return named("bad", before);
  return (
    <p title={name}>
      {before}
      <strong>
        <bdi>{short}</bdi>
      </strong>
      {after.join(short)}
    </p>
  );
}

/** Stands for the name until the sentence is there; no sentence has it. */
const MARK = "\u0000";
