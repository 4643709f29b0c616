import {
  FAILURES,
  HTTP_ERRORS,
  NOTICES,
  SEARCH_REASONS,
  WAITING_FOR,
  WARNINGS,
} from "../../../supabase/functions/_shared/error_codes.ts";
import { code, page, table } from "./markdown.ts";
import type { Product } from "./product.ts";

/** docs/reference/errors.md: every public code, with its class or status, its text and what to do. */
export function errorsPage(): Product {
  return {
    path: "docs/reference/errors.md",
    text: page(
      "Errors",
      "supabase/functions/_shared/error_codes.ts",
      "## Responses",
      "An error response is `{error: {code, message, request_id, details?}}`. `message` may be more exact than the text here. " +
        "The code of a failed service, such as `openai_timeout`, is that of the [failure](#failures) in lower case, with status 503.",
      table(
        ["code", "status", "text"],
        Object.entries(HTTP_ERRORS).map(([name, { status, text }]) => [
          code(name),
          String(status),
          text,
        ]),
      ),
      "## Failures",
      "A failure is in `last_error` of a document and its job, in events, in notifications and in the dead letter. A failure of " +
        "class `document` is not retried. One of class `provider` or `pipeline` is, until the stage has no attempts left.",
      table(
        ["code", "class", "text", "what to do"],
        Object.entries(FAILURES).map(([name, failure]) => [
          code(name),
          failure.class,
          failure.text,
          failure.remedy,
        ]),
      ),
      "## Waiting",
      "`waiting_for` says why a document waits, if not for a worker. Besides these, it has the code of a failed service.",
      table(
        ["code", "reason"],
        Object.entries(WAITING_FOR).map(([name, text]) => [code(name), text]),
      ),
      "## Warnings",
      "A complete document has these in `warnings`, each with its pages.",
      table(
        ["code", "meaning"],
        Object.entries(WARNINGS).map(([name, text]) => [code(name), text]),
      ),
      "## Notices",
      "A search has these in `notices`, where it interpreted the question.",
      table(
        ["code", "meaning"],
        Object.entries(NOTICES).map(([name, text]) => [code(name), text]),
      ),
      "## Explained passages",
      "A search whose `explain` names a passage has one of these in `explained.reason`.",
      table(
        ["reason", "meaning"],
        Object.entries(SEARCH_REASONS).map(([name, text]) => [code(name), text]),
      ),
    ),
  };
}
