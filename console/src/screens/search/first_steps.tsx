import { useDocuments } from "supabase-document-pipeline-client/react";
import { useTexts } from "../../language.ts";
import { Empty } from "../../parts/notices.tsx";
import { pipeline } from "../../pipeline.ts";
import { hrefOf } from "../../route.ts";
import { TEXTS } from "./texts.ts";

/** Before the first question: how to ask, or that there is nothing to ask yet. */
export function FirstSteps() {
  const t = useTexts(TEXTS);
  const { documents, isLoading, error } = useDocuments(pipeline(), { limit: 1, status: "complete", live: false });
  const isEmpty = !isLoading && !error && documents.length === 0;
  return (
    <Empty>
      {isEmpty
        ? (
          <div class="stack first-steps">
            <p>{t.noDocuments}</p>
            <a class="button" href={hrefOf(["files"])}>{t.toDocuments}</a>
          </div>
        )
        : (
          <div class="stack first-steps">
            <p>{t.intro}</p>
            <dl class="facts">
              {t.hints.map(([example, meaning]) => (
                <>
                  <dt>
                    <code>{example}</code>
                  </dt>
                  <dd>{meaning}</dd>
                </>
              ))}
            </dl>
          </div>
        )}
    </Empty>
  );
}
