import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { formatTime } from "../../format.ts";
import { useOperator } from "../../operator.ts";
import { Field } from "../../parts/field.tsx";
import { ErrorNotice } from "../../parts/notices.tsx";
import { setParams, useRoute } from "../../route.ts";
import { type Options, optionsIn } from "./options.ts";

interface Props {
  isBusy: boolean;
  onTry(question: string, options: Options): void;
}

/** Whose documents, the question, and how to search. */
export function QuestionForm({ isBusy, onTry }: Props) {
  const { params } = useRoute();
  const options = optionsIn(params);
  const users = useOperator("support_users", {});
  const [question, setQuestion] = useState("");
  const submit = (event: Event) => {
    event.preventDefault();
    if (question.trim() !== "") onTry(question, options);
  };
  const input = (name: keyof Options) => ({
    value: options[name],
    onInput: (event: { currentTarget: { value: string } }) => setParams({ [name]: event.currentTarget.value }),
  });
  const isListed = options.user === "" || users.data?.some(({ user_id }) => user_id === options.user);
  const hasMore = [options.words, options.meaning, options.min_score, options.min_similarity, options.language]
    .concat(options.max_per_document, options.documents, options.chunk).some((value) => value !== "");
  return (
    <form onSubmit={submit}>
      <ErrorNotice error={users.error} retry={() => void users.refetch()} />
      <div class="filters">
        <Field label="Documents of">
          <select value={options.user} onChange={(event) => setParams({ user: event.currentTarget.value })}>
            <option value="">my own account</option>
            {!isListed && <option value={options.user}>{options.user}</option>}
            {users.data?.map(({ user_id, email, until, documents }) => (
              <option key={user_id} value={user_id}>
                {email ?? user_id}: {documents} documents, until {formatTime(until)}
              </option>
            ))}
          </select>
        </Field>
        <Field label="Compare">
          <select value={options.mode || "hybrid"} onChange={(event) => setParams({ mode: event.currentTarget.value })}>
            <option value="hybrid">meaning and words</option>
            <option value="vector">meaning</option>
            <option value="text">words</option>
          </select>
        </Field>
        <Field label="Results">
          <input type="number" min={1} max={50} placeholder="8" {...input("k")} />
        </Field>
      </div>
      <Field label="Question">
        <input
          type="search"
          value={question}
          required
          maxLength={2000}
          autocomplete="off"
          onInput={(event) => setQuestion(event.currentTarget.value)}
        />
      </Field>
      <details open={hasMore}>
        <summary>All options</summary>
        <div class="filters">
          <Choice label="Weight of words" hint="0 to 1, 0.5 by default; only with both">
            <input type="number" min={0} max={1} step="any" {...input("words")} />
          </Choice>
          <Choice label="Weight of meaning" hint="0 to 1, 0.5 by default; only with both">
            <input type="number" min={0} max={1} step="any" {...input("meaning")} />
          </Choice>
          <Choice label="Lowest score" hint="0 to 1">
            <input type="number" min={0} max={1} step="any" {...input("min_score")} />
          </Choice>
          <Choice label="Lowest similarity" hint="−1 to 1; not with words alone">
            <input type="number" min={-1} max={1} step="any" {...input("min_similarity")} />
          </Choice>
          <Choice label="Most per document" hint="1 to 50">
            <input type="number" min={1} max={50} {...input("max_per_document")} />
          </Choice>
          <Choice label="Language" hint="Two letters, as de; detected by default">
            <input pattern="[A-Za-z]{2}" maxLength={2} {...input("language")} />
          </Choice>
          <Choice label="Only these documents" hint="Ids, separated by spaces">
            <input {...input("documents")} />
          </Choice>
          <Choice label="Why not this chunk?" hint="The id of a chunk">
            <input {...input("chunk")} />
          </Choice>
        </div>
      </details>
      <div class="actions">
        <button type="submit" class="main" disabled={isBusy}>{isBusy ? "Searching …" : "Try"}</button>
      </div>
    </form>
  );
}

function Choice(props: { label: string; hint: string; children: ComponentChildren }) {
  return <Field {...props} />;
}
