import { useQuery } from "@tanstack/preact-query";
import type { Passage } from "supabase-document-pipeline-client";
import { formatNumber } from "../../format.ts";
import { useTexts } from "../../language.ts";
import { ErrorNotice, Loading } from "../../parts/notices.tsx";
import { pipeline } from "../../pipeline.ts";
import { useSignedIn } from "../../session_context.ts";
import { useUserTexts } from "../../user_texts.ts";
import { type Asked, findNeighbours, type Neighbour } from "./neighbours.ts";
import { PassageText } from "./passage_text.tsx";
import { readBlocks } from "./readable.ts";
import { TEXTS } from "./texts.ts";

interface Props {
  passage: Passage;
  asked: Asked;
  rank: number;
}

/** What stands before and after a passage in its document. */
export function Around({ passage, asked, rank }: Props) {
  const t = useTexts(TEXTS);
  const texts = useUserTexts();
  const { userId } = useSignedIn();
  const { data, error, refetch } = useQuery({
    queryKey: ["neighbours", userId, passage.chunk_id, asked],
    queryFn: ({ signal }) => findNeighbours(pipeline(), asked, { passage, rank }, signal),
    // A chunk's neighbours change only with the chunk; each look costs a search.
    staleTime: Infinity,
    retry: false,
    refetchOnWindowFocus: false,
  });
  if (error) return <ErrorNotice error={error} text={texts.error(error)} retry={() => void refetch()} />;
  if (data === undefined) return <Loading />;
  if (data === null) return <p class="muted">{t.gone}</p>;
  return (
    <div class="around stack">
      <Side title={t.before} neighbours={data.before} />
      <Side title={t.after} neighbours={data.after} />
    </div>
  );
}

function Side({ title, neighbours }: { title: string; neighbours: Neighbour[] }) {
  const t = useTexts(TEXTS);
  if (neighbours.length === 0) return null;
  return (
    <div class="stack">
      <h3>{title}</h3>
      {neighbours.map(({ chunk_id, content, page }) => (
        <div key={chunk_id}>
          {page !== null && <small>{t.page(formatNumber(page))}</small>}
          <PassageText blocks={readBlocks(content)} />
        </div>
      ))}
    </div>
  );
}
