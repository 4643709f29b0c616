"use client";
import { useEffect, useRef, useState } from "react";
import type { DocumentStatus, Passage } from "supabase-document-pipeline-client";
import { useDocuments, useSearch, useUpload } from "supabase-document-pipeline-client/react";
import { pipeline, supabase, texts } from "../lib/browser";

export function Workspace({ email, first }: { email?: string; first: DocumentStatus[] }) {
  const isLeaving = useRef(false);
  useEffect(() => {
    const { data } = supabase.auth.onAuthStateChange((event) => {
      // Loads the page again, so that nothing of the user remains in it.
      if (event === "SIGNED_OUT") location.replace(isLeaving.current ? "/" : "/?ended");
    });
    return () => data.subscription.unsubscribe();
  }, []);
  const signOut = () => {
    isLeaving.current = true;
    void supabase.auth.signOut();
  };
  return (
    <main>
      <header className="row">
        <h1>Documents</h1>
        <span>{email}</span>
        <button onClick={signOut}>Sign out</button>
      </header>
      <Uploads />
      <Documents first={first} />
      <Search />
    </main>
  );
}

function Uploads() {
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

function Documents({ first }: { first: DocumentStatus[] }) {
  const { documents, isLoading, hasMore, loadMore, remove, error } = useDocuments(pipeline);
  const shown = isLoading && documents.length === 0 ? first : documents;
  return (
    <section aria-label="Documents">
      {error && <p role="alert" className="error">{texts.error(error)}</p>}
      {shown.length === 0 && <p>No documents yet</p>}
      <ul>{shown.map((document) => <Entry key={document.document_id} document={document} remove={remove} />)}</ul>
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

function Search() {
  const { query, results, isLoading, hasMore, error, search, loadMore } = useSearch(pipeline);
  return (
    <section aria-label="Search">
      <form role="search" className="row" action={(form) => search(String(form.get("question")))}>
        <label>
          Question <input name="question" type="search" defaultValue={query ?? ""} required />
        </label>
        <button className="main">Search</button>
      </form>
      {error && <p role="alert" className="error">{texts.error(error)}</p>}
      <p role="status">{isLoading ? "Searching …" : query !== null && results.length === 0 && "Nothing found"}</p>
      <ul>{results.map((passage) => <Result key={passage.chunk_id} {...passage} />)}</ul>
      {hasMore && <button onClick={loadMore}>More</button>}
    </section>
  );
}

/** A passage as text, its highlights in `<mark>`. */
function Result({ filename, page, content, highlights }: Passage) {
  return (
    <li>
      <strong>{page === null ? filename : `${filename}, page ${page}`}</strong>
      <blockquote>
        {highlights.map(({ start, end }, n) => [
          content.slice(highlights[n - 1]?.end ?? 0, start),
          <mark key={start}>{content.slice(start, end)}</mark>,
        ])}
        {content.slice(highlights.at(-1)?.end ?? 0)}
      </blockquote>
    </li>
  );
}
