import { useUpload } from "supabase-document-pipeline-client/react";
import { pipeline, texts } from "./pipeline.ts";

export function Uploads() {
  const { tasks, addFiles, pause, resume, retry, abort, error } = useUpload(pipeline);
  return (
    <section
      aria-label="Upload"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => (event.preventDefault(), addFiles(event.dataTransfer.files))}
    >
      <label>
        Drop PDFs here, or choose them
        <input type="file" multiple accept="application/pdf" onChange={({ target }) => addFiles(target.files ?? [])} />
      </label>
      {error && <p role="alert" className="error">{texts.error(error)}</p>}
      <ul>
        {tasks.filter(({ state }) => state !== "done" && state !== "aborted").map((task) => (
          <li key={task.id}>
            <div className="row">
              <strong>{task.filename}</strong>
              {task.state === "paused" && <button onClick={() => resume(task.id)}>Resume</button>}
              {task.state === "failed" && <button onClick={() => retry(task.id)}>Try again</button>}
              {!/paused|failed/.test(task.state) && <button onClick={() => pause(task.id)}>Pause</button>}
              <button onClick={() => abort(task.id)}>Cancel</button>
            </div>
            <span role="status" className={task.error ? "error" : ""}>{texts.upload(task)}</span>
            <progress value={task.progress.sent} max={task.progress.total} aria-label={`Sent of ${task.filename}`} />
          </li>
        ))}
      </ul>
    </section>
  );
}
