import { credits, isOver, type Job, markdownOf, textOf } from "./jobs.ts";

export const PROJECT_ID = "00000000-0000-4000-8000-000000000001";

/** A job as API v2 shows it. The API has one field for a failure, `error_message`: words, which name no code. */
export function jobAnswer(job: Job, withUsage = false) {
  return {
    id: job.id,
    project_id: PROJECT_ID,
    status: job.status,
    error_message: job.errorMessage,
    created_at: job.createdAt.toISOString(),
    updated_at: job.updatedAt.toISOString(),
    name: job.name,
    tier: job.configuration.tier,
    user_metadata: job.configuration.user_metadata ?? null,
    ...(withUsage ? { usage: { credits: credits(job) } } : {}),
  };
}

/**
 * A job with the parts of its result that were asked for; those parts are null until it is COMPLETED, and the tier
 * `fast` never has Markdown.
 *
 * @param resultUrl where a result file (`markdown` or `text`) can be downloaded
 */
export function expandedAnswer(
  job: Job,
  expand: string[],
  resultUrl: (kind: ResultKind) => string,
) {
  const done = job.status === "COMPLETED";
  const hasMarkdown = done && job.configuration.tier !== "fast";
  const answer: Record<string, unknown> = {
    job: jobAnswer(job, expand.includes("usage") && isOver(job)),
  };
  if (expand.includes("markdown")) {
    answer.markdown = hasMarkdown ? { pages: job.pages.map(markdownPage) } : null;
  }
  if (expand.includes("markdown_full")) {
    answer.markdown_full = hasMarkdown ? markdownOf(job) : null;
  }
  if (expand.includes("text")) {
    answer.text = done ? { pages: job.pages.map(textPage) } : null;
  }
  if (expand.includes("text_full")) {
    answer.text_full = done ? textOf(job) : null;
  }
  if (expand.includes("items")) {
    answer.items = hasMarkdown ? { pages: job.pages.map(itemsPage) } : null;
  }
  if (expand.includes("metadata")) {
    answer.metadata = done ? { pages: job.pages.map(({ page_number }) => ({ page_number })) } : null;
  }
  if (expand.includes("job_metadata")) {
    answer.job_metadata = done ? { job_pages: job.pages.length } : null;
  }
  const files: Record<string, unknown> = {};
  for (const kind of RESULT_KINDS) {
    if (!expand.includes(`${kind}_content_metadata`)) continue;
    const exists = kind === "markdown" ? hasMarkdown : done;
    files[kind] = {
      size_bytes: exists ? resultFile(job, kind).length : 0,
      exists,
      presigned_url: exists ? resultUrl(kind) : null,
    };
  }
  if (Object.keys(files).length > 0) answer.result_content_metadata = files;
  return answer;
}

export const RESULT_KINDS = ["markdown", "text"] as const;
export type ResultKind = typeof RESULT_KINDS[number];

/** UTF-8. */
export function resultFile(job: Job, kind: ResultKind): Uint8Array {
  const content = kind === "markdown" ? markdownOf(job) : textOf(job);
  return new TextEncoder().encode(content);
}

function markdownPage(page: Job["pages"][number]) {
  if (!page.success) return page;
  const { page_number, markdown, header, footer } = page;
  return { page_number, markdown, success: true, header, footer };
}

/**
 * Of a page's items, its tables alone: which were merged is said nowhere else.
 */
function itemsPage(page: Job["pages"][number]) {
  const { page_number, success } = page;
  if (!success) return page;
  return {
    page_number,
    success,
    items: page.tables.map(({ markdown, mergedFromPages, mergedIntoPage }) => ({
      type: "table",
      md: markdown,
      merged_from_pages: mergedFromPages ?? null,
      merged_into_page: mergedIntoPage ?? null,
    })),
  };
}

function textPage(page: Job["pages"][number]) {
  return {
    page_number: page.page_number,
    text: page.success ? page.text : "",
  };
}
