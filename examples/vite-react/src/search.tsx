import type { Passage } from "supabase-document-pipeline-client";
import { useSearch } from "supabase-document-pipeline-client/react";
import { pipeline, texts } from "./pipeline.ts";

export function Search() {
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
