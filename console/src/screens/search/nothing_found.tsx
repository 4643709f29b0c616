import { useTexts } from "../../language.ts";
import { Empty } from "../../parts/notices.tsx";
import { hrefOf } from "../../route.ts";
import type { Question } from "./question.ts";
import { TEXTS } from "./texts.ts";

interface Props {
  question: Question;
  change(change: Partial<Question>): void;
}

/** What the user can try, given the question. */
export function NothingFound({ question: { text, documents, hidesWeak }, change }: Props) {
  const t = useTexts(TEXTS);
  return (
    <Empty>
      <p>{t.nothing}</p>
      <p>{t.tryThis}</p>
      <ul>
        <li>{t.tries.words}</li>
        {/"|(?:^|\s)-/.test(text) && <li>{t.tries.phrases}</li>}
        {documents.length > 0 && (
          <li>
            <button type="button" class="link" onClick={() => change({ documents: [] })}>{t.allDocuments}</button>
          </li>
        )}
        {hidesWeak && (
          <li>
            <button type="button" class="link" onClick={() => change({ hidesWeak: false })}>{t.showWeak}</button>
          </li>
        )}
        <li>
          <a href={hrefOf(["files"])}>{t.tries.complete}</a>
        </li>
      </ul>
    </Empty>
  );
}
