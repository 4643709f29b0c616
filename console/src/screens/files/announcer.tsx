import { useEffect, useRef, useState } from "preact/hooks";
import type { DocumentStatus } from "supabase-document-pipeline-client";
import { useTexts } from "../../language.ts";
import { shownName } from "../../parts/name.tsx";
import { useUserTexts } from "../../user_texts.ts";
import { type News, newsOf } from "./news.ts";
import { TEXTS } from "./texts.ts";

/** What ends within this time is announced together. */
const COLLECT_MS = 1_500;
/** More documents than these are counted, not named. */
const MOST_NAMED = 2;

/** Says to those who do not see the list which documents are ready or failed: not each step, and not one at a time. */
export function Announcer({ documents }: { documents: readonly DocumentStatus[] }) {
  const t = useTexts(TEXTS).news;
  const texts = useUserTexts();
  const [text, setText] = useState("");
  const before = useRef(documents);
  const news = useRef<News>({ ready: [], failed: [] });
  const timer = useRef<ReturnType<typeof setTimeout>>();
  useEffect(() => {
    const { ready, failed } = newsOf(before.current, documents);
    before.current = documents;
    news.current = { ready: [...news.current.ready, ...ready], failed: [...news.current.failed, ...failed] };
    if (ready.length + failed.length === 0) return;
    const say = (ended: DocumentStatus[], count: (count: number) => string) =>
      ended.length > MOST_NAMED
        ? [count(ended.length)]
        : ended.map((document) => `${shownName(document.filename)}: ${texts.document(document)}`);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      setText([...say(news.current.failed, t.failed), ...say(news.current.ready, t.ready)].join(" "));
      news.current = { ready: [], failed: [] };
    }, COLLECT_MS);
  }, [documents]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return <p class="hidden" role="status">{text}</p>;
}
