import type { Explanation, Passage } from "supabase-document-pipeline-client";
import { formatNumber } from "../../format.ts";
import { Name, shownName } from "../../parts/name.tsx";
import { Table } from "../../parts/table.tsx";
import { setParams } from "../../route.ts";

/** A passage, where it ranked, and why. */
export function Hit({ passage, place }: { passage: Passage; place: number }) {
  const { chunk_id, document_id, filename, page, heading_path, content, highlights, score, explanation } = passage;
  return (
    <li class="panel hit">
      <div class="panel-head">
        <h3>
          {place}. <Name>{filename}</Name>
          {page !== null && `, page ${page}`}
        </h3>
        <strong class="end">score {formatNumber(score, 4)}</strong>
      </div>
      {heading_path.length > 0 && <p class="muted">{heading_path.map(shownName).join(" › ")}</p>}
      <p class="hit-text" dir="auto">{marked(content, highlights)}</p>
      {explanation && <Why explanation={explanation} />}
      <p class="actions muted">
        <span>
          chunk <code>{chunk_id}</code>
        </span>
        <span>
          document <code>{document_id}</code>
        </span>
        <button type="button" class="link" onClick={() => setParams({ documents: document_id })}>
          Only this document
        </button>
      </p>
    </li>
  );
}

/** How the two retrievers came to the score. */
export function Why({ explanation: { words, meaning } }: { explanation: Explanation }) {
  const parts = [
    {
      name: "Meaning",
      rank: meaning.rank,
      score: meaning.score,
      weight: meaning.weight,
      similarity: meaning.similarity,
    },
    { name: "Words", rank: words.rank, score: words.score, weight: words.weight, similarity: null },
  ];
  return (
    <>
      <Table
        label="Ranks and scores"
        rows={parts}
        keyOf={({ name }) => name}
        empty=""
        columns={[
          { title: "Found by", cell: ({ name }) => name },
          { title: "Rank", align: "end", cell: ({ rank }) => rank ?? "–" },
          { title: "Score", align: "end", cell: ({ score }) => figure(score) },
          { title: "Similarity", align: "end", cell: ({ similarity }) => figure(similarity) },
          { title: "Weight", align: "end", cell: ({ weight }) => figure(weight) },
        ]}
      />
      {words.terms.length > 0 && (
        <details>
          <summary>{words.terms.length} {words.terms.length === 1 ? "term" : "terms"} of the question</summary>
          <Table
            label="Terms of the question"
            rows={words.terms}
            keyOf={({ word, role }) => `${role} ${word}`}
            empty=""
            columns={[
              {
                title: "Term",
                cell: ({ word, taken_for }) => (
                  <>{shownName(word)}{taken_for && ` (taken for ${shownName(taken_for)})`}</>
                ),
              },
              { title: "Role", cell: ({ role }) => role },
              { title: "Found", cell: ({ found }) => found },
              { title: "Chunks with it", align: "end", cell: ({ chunk_count }) => chunk_count ?? "–" },
              { title: "Weight", align: "end", cell: ({ weight }) => figure(weight) },
            ]}
          />
        </details>
      )}
    </>
  );
}

function figure(value: number | null | undefined): string {
  return value == null ? "–" : formatNumber(value, 4);
}

/** The text with the question's words marked. Offsets are in UTF-16 units, as JavaScript counts. */
function marked(content: string, highlights: readonly { start: number; end: number }[]) {
  const parts = [];
  let at = 0;
  for (const { start, end } of highlights) {
    parts.push(content.slice(at, start), <mark key={start}>{content.slice(start, end)}</mark>);
    at = end;
  }
  parts.push(content.slice(at));
  return parts;
}
