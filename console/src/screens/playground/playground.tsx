import { useMutation } from "@tanstack/preact-query";
import { formatNumber } from "../../format.ts";
import { Empty, ErrorNotice } from "../../parts/notices.tsx";
import { Numbers } from "../../parts/numbers.tsx";
import { Page } from "../../parts/page.tsx";
import { Panel } from "../../parts/panel.tsx";
import { useMayAct, useSignedIn } from "../../session_context.ts";
import { Hit, Why } from "./hit.tsx";
import { type Options, searchOf } from "./options.ts";
import { QuestionForm } from "./question_form.tsx";
import { type Tried, tryQuestion } from "./try_question.ts";
import "./playground.css";

export default function Playground() {
  const { userId: operatorId } = useSignedIn();
  const mayAct = useMayAct();
  const attempt = useMutation({
    mutationFn: ({ question, options }: { question: string; options: Options }) =>
      tryQuestion({ userId: options.user || operatorId, operatorId, question, search: searchOf(options) }),
  });
  return (
    <Page title="Playground">
      <Panel title="Try a search as a user">
        <p class="muted">
          Users who allow it in their account are listed, with their searchable documents. You see the passages that
          their own search finds. Each search is an entry of the audit log, which the user sees; the question is not
          kept.
        </p>
        {mayAct
          ? (
            <QuestionForm
              isBusy={attempt.isPending}
              onTry={(question, options) => attempt.mutate({ question, options })}
            />
          )
          : <p class="notice quiet">Only operators may try searches; you have the role viewer.</p>}
        <ErrorNotice error={attempt.error} />
      </Panel>
      <div role="status" class="stack">
        {attempt.data && !attempt.error && <Answer tried={attempt.data} />}
      </div>
    </Page>
  );
}

function Answer({ tried: { results, next, notices, explained, timings, mode, isDegraded, askedMs, triedMs } }: {
  tried: Tried;
}) {
  return (
    <>
      {isDegraded && (
        <p class="notice warn">The question could not be embedded just now: words alone were compared, as for users.</p>
      )}
      {notices.map(({ code, message }) => <p key={code} class="notice quiet">{message}</p>)}
      <Panel title="How long it took">
        <Numbers
          items={[
            {
              label: "Your own search",
              value: milliseconds(askedMs),
              note: mode === "text" ? "not needed for words" : "embeds the question, at the API",
            },
            { label: "The user's search", value: milliseconds(timings.search_ms), note: "in the database" },
            { label: "Meaning by itself", value: milliseconds(timings.vector_ms), note: "in memory by then" },
            { label: "Words by themselves", value: milliseconds(timings.text_ms), note: "in memory by then" },
            { label: "All of it", value: milliseconds(triedMs), note: "with the way there and back" },
          ]}
        />
      </Panel>
      {explained && (
        <Panel title={explained.found ? "This chunk is among the results" : "Why not this chunk"}>
          <p>
            <code>{explained.chunk_id}</code>: {explained.message}
          </p>
          {explained.explanation && <Why explanation={explained.explanation} />}
        </Panel>
      )}
      {results.length === 0 ? <Empty>The user's search finds nothing.</Empty> : (
        <>
          <h2>
            {results.length} {results.length === 1 ? "passage" : "passages"}
            {next ? ", and more" : ""}
          </h2>
          <ol class="stack">
            {results.map((passage, n) => <Hit key={passage.chunk_id} passage={passage} place={n + 1} />)}
          </ol>
        </>
      )}
    </>
  );
}

function milliseconds(value: number | null | undefined): string {
  return value == null ? "–" : `${formatNumber(value, value < 10 ? 1 : 0)} ms`;
}
