import { useState } from "react";
import type { DocumentStatus } from "supabase-document-pipeline-client";
import { useDocuments } from "supabase-document-pipeline-client/react";
import { pipeline, texts } from "./pipeline.ts";

export function Documents() {
  const { documents, isLoading, hasMore, loadMore, remove, error } = useDocuments(pipeline);
  return (
    <section aria-label="Documents">
      {error && <p role="alert" className="error">{texts.error(error)}</p>}
      {!isLoading && documents.length === 0 && <p>No documents yet</p>}
      <ul>{documents.map((document) => <Entry key={document.document_id} document={document} remove={remove} />)}</ul>
      {hasMore && <button onClick={loadMore}>More</button>}
    </section>
  );
}

function Entry({ document, remove }: { document: DocumentStatus; remove(id: string): Promise<void> }) {
  const [problem, setProblem] = useState("");
  const { document_id: id, filename_full: name, state, progress, last_error, warnings } = document;
  const isActive = state !== "done" && state !== "deadletter";
  const run = (work: Promise<unknown>) => work.then(() => setProblem(""), (error) => setProblem(texts.error(error)));
  const open = async () => location.assign((await pipeline.downloadUrl(id)).url);
  return (
    <li>
      <div className="row">
        <strong>{name}</strong>
        <button aria-label={`Open ${name}`} onClick={() => run(open())}>Open</button>
        <button aria-label={`Delete ${name}`} onClick={() => run(remove(id))}>Delete</button>
      </div>
      <span role="status" className={last_error ? "error" : ""}>{texts.document(document)}</span>
      {isActive && <progress value={progress.total_pct} max={100} aria-label={name} />}
      {warnings.map((warning) => <p key={warning.code} className="warning">{texts.warning(warning)}</p>)}
      {warnings.some(({ code }) => code === "PAGES_UNREAD") && (
        <button onClick={() => run(pipeline.reparse(id, { pages: "unread" }))}>Read again</button>
      )}
      <p role="alert" className="error">{problem}</p>
    </li>
  );
}
