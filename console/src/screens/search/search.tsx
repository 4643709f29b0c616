import { useEffect, useState } from "preact/hooks";
import type { Passage } from "supabase-document-pipeline-client";
import { useTexts } from "../../language.ts";
import { Page } from "../../parts/page.tsx";
import { setParams, useRoute } from "../../route.ts";
import { ChosenDocuments, DocumentPicker } from "./document_picker.tsx";
import { FirstSteps } from "./first_steps.tsx";
import { Options } from "./options.tsx";
import { Results } from "./results.tsx";
import { ShownPage } from "./shown_page.tsx";
import { TEXTS } from "./texts.ts";
import { useMedia } from "./use_media.ts";
import { useQuestion } from "./use_question.ts";
import "./search.css";

/** There is room for a page beside the results; search.css has the same width. */
const WIDE = "(min-width: 68rem)";

export default function Search() {
  const t = useTexts(TEXTS);
  const state = useQuestion();
  const { question, text, asked, search, type, submit, change } = state;
  const { params } = useRoute();
  const isWide = useMedia(WIDE);
  const [shown, setShown] = useState<Passage | null>(null);
  const wanted = params.get("passage");

  // The address names a passage; its highlights are those of the newest answer.
  const { results } = search;
  useEffect(() => {
    const passage = results.find(({ chunk_id }) => chunk_id === wanted);
    if (passage) setShown(passage);
    else if (wanted === null) setShown(null);
  }, [results, wanted]);
  const show = (passage: Passage | null) => {
    setShown(passage);
    setParams({ passage: passage?.chunk_id });
  };

  const setDocuments = (documents: string[]) => change({ documents });
  return (
    <Page title={t.title}>
      <form
        class="question"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <div class="question-line">
          <label class="hidden" for="question">{t.box}</label>
          <input
            id="question"
            type="search"
            maxLength={2_000}
            autocomplete="off"
            enterkeyhint="search"
            placeholder={t.placeholder}
            value={text}
            onInput={(event) => type(event.currentTarget.value)}
          />
          <button type="submit" class="main">{t.ask}</button>
        </div>
        <div class="question-settings">
          <DocumentPicker chosen={question.documents} onChange={setDocuments} />
          <Options {...{ question }} onChange={change} />
        </div>
        <ChosenDocuments chosen={question.documents} onChange={setDocuments} />
      </form>
      {asked === null ? <FirstSteps /> : (
        <div class="search-answer">
          <Results {...{ state, onShow: show }} shownId={shown?.chunk_id} />
          {(isWide || shown) && (
            <div class="beside">
              {shown
                ? <ShownPage passage={shown} isBeside={isWide} onClose={() => show(null)} />
                : <p class="empty panel">{t.chooseOne}</p>}
            </div>
          )}
        </div>
      )}
    </Page>
  );
}
