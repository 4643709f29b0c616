import { useState } from "preact/hooks";
import type { PipelineClient } from "supabase-document-pipeline-client";
import { toast } from "../../parts/toasts.tsx";
import { pipeline } from "../../pipeline.ts";
import { useUserTexts } from "../../user_texts.ts";

/** What a user does with a document: one thing at a time, and a sentence for what went wrong. */
export function useAct() {
  const texts = useUserTexts();
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  /** @param done what is said when it is done */
  const act = async (work: (client: PipelineClient) => Promise<unknown>, done?: string): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      await work(pipeline());
      if (done) toast(done);
    } catch (error) {
      setError(error);
    } finally {
      setBusy(false);
    }
  };
  return { act, isBusy, error, errorText: error === undefined ? undefined : texts.error(error) };
}
