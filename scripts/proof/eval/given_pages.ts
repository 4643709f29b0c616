import { sha256Hex } from "../../../supabase/functions/_shared/hash.ts";
import type { ControlClient } from "../../platform/simulators/control_client.ts";
import type { EvalDocument } from "./question.ts";

/** Makes the LlamaParse simulator answer with a document's given pages when it receives that document. */
export async function givePages(
  llamaparse: ControlClient,
  documents: readonly EvalDocument[],
): Promise<void> {
  const answers = [];
  for (const { bytes, markdownPages } of documents) {
    if (!markdownPages) continue;
    answers.push({
      sha256: await sha256Hex(bytes),
      pages: markdownPages.map((markdown, index) => ({
        page_number: index + 1,
        success: true,
        markdown,
      })),
    });
  }
  await llamaparse.faults({ answers });
}
