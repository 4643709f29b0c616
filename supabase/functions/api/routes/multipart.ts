import { Buffer } from "node:buffer";
import type { AppContext } from "../../_shared/app.ts";
import { HttpError } from "../../_shared/errors.ts";

/**
 * The request's form, with all that was sent in it. The platform's own reader drops parts without a name and what breaks off.
 * @throws {HttpError} 400 `invalid_form`
 */
export async function readForm(c: AppContext): Promise<FormData> {
  const type = c.req.header("content-type") ?? "";
  const body = await c.req.arrayBuffer();
  const form = await new Response(body, { headers: { "content-type": type } })
    .formData().catch((cause) => {
      throw invalidForm("The multipart body cannot be read.", cause);
    });
  const delimiters = delimitersOf(Buffer.from(body), type);
  if (!delimiters) {
    throw invalidForm(
      "The multipart body breaks off before its end. Send it again.",
    );
  }
  if ([...form].length < delimiters - 1) {
    throw invalidForm(
      "A part of the form has no name. Name each: `file` for a file.",
    );
  }
  return form;
}

/** How many delimiters the body has, one more than it has parts; null if the last one is missing (RFC 2046, 5.1.1). */
function delimitersOf(body: Buffer, contentType: string): number | null {
  const [, quoted, plain] =
    /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType) ?? [];
  const delimiter = `--${quoted ?? plain}`;
  let count = 0;
  let isClosed = false;
  for (let at = body.indexOf(delimiter); at !== -1;) {
    // One begins its line, and nothing but the last one's dashes and white space follows it there.
    const end = at + delimiter.length;
    const after = body.toString("latin1", end, end + 2);
    if ((at === 0 || body[at - 1] === 0x0a) && /^(--|[ \t\r\n])/.test(after)) {
      count++;
      isClosed = after === "--";
      if (isClosed) break;
    }
    at = body.indexOf(delimiter, at + delimiter.length);
  }
  return isClosed ? count : null;
}

function invalidForm(message: string, cause?: unknown): HttpError {
  return new HttpError(400, "invalid_form", message, { cause });
}
