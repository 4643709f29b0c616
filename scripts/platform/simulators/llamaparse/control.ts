import { ControlClient } from "../control_client.ts";
import type { RequestRecord } from "../control.ts";
import type { GivenAnswer, LlamaParseFaults } from "./faults.ts";

/**
 * Has results given instead of read: pages as API v2 gives them, of the document with this SHA-256 or of the next one
 * that comes. A document keeps its answer for every later reading of it, as far as `times` allows; a reading of some
 * pages gets those.
 *
 * @param url of the simulator
 */
export async function answerWith(
  url: string,
  ...answers: GivenAnswer[]
): Promise<void> {
  await new ControlClient(url).faults({ answers });
}

/**
 * Fails these pages in every reading that has one of them, or only in the first `times` of those.
 *
 * @param url of the simulator
 */
export async function failPages(
  url: string,
  pages: number[],
  { times = null, error }: { times?: number | null; error?: string } = {},
): Promise<void> {
  await new ControlClient(url).faults({
    fail_pages: pages,
    fail_pages_times: times,
    ...(error !== undefined && { page_error: error }),
  });
}

/**
 * Sets what OCR finds in the pictures of pages, by page number. Only a reading with OCR finds it, on pages with a
 * picture.
 * @param url of the simulator
 */
export async function ocrText(
  url: string,
  pages: Record<number, string>,
): Promise<void> {
  await new ControlClient(url).faults({ ocr_text: pages });
}

/**
 * Fails every document with a message in plain words, as API v2 sends them; null no longer.
 *
 * @param url of the simulator
 */
export async function failWith(
  url: string,
  message: string | null,
): Promise<void> {
  await new ControlClient(url).faults({ fail_message: message });
}

export type PageShapes = Pick<
  LlamaParseFaults,
  | "tables"
  | "fences"
  | "empty_pages"
  | "placeholder_pages"
  | "running_lines"
  | "page_marks"
>;

/**
 * Gives the pages of every document the shapes that are named, and leaves the others as they are.
 *
 * @param url of the simulator
 */
export async function shapePages(
  url: string,
  shapes: Partial<PageShapes>,
): Promise<void> {
  await new ControlClient(url).faults(shapes);
}

/**
 * What the simulator was asked to do with each document: the options of every submission, in the order in which they
 * came.
 *
 * @param url of the simulator
 */
export async function submissions(
  url: string,
): Promise<
  { record: RequestRecord; options: Record<string, unknown> }[]
> {
  const { requests } = await new ControlClient(url).log();
  return requests.filter(({ route, fault }) => route === "create" && !fault)
    .map((record) => ({
      record,
      options: record.metadata.options as Record<string, unknown>,
    }));
}
