import type { FailureCode } from "../_shared/error_codes.ts";

/** LlamaParse's codes for a document that no retry makes readable. */
export type PermanentCode = Extract<
  FailureCode,
  | "UNSUPPORTED_FILE_TYPE"
  | "PDF_IS_PROTECTED"
  | "PDF_IS_BROKEN"
  | "NO_DATA_FOUND_IN_FILE"
  | "DOCUMENT_TOO_LARGE"
  | "TOO_MANY_PAGES"
>;

/** The codes as they occur in messages, with those of older versions. */
const CODE_WORDS: Record<string, PermanentCode> = {
  UNSUPPORTED_FILE_TYPE: "UNSUPPORTED_FILE_TYPE",
  PDF_IS_PROTECTED: "PDF_IS_PROTECTED",
  PDF_IS_BROKEN: "PDF_IS_BROKEN",
  NO_DATA_FOUND_IN_FILE: "NO_DATA_FOUND_IN_FILE",
  DOCUMENT_TOO_LARGE: "DOCUMENT_TOO_LARGE",
  PDF_TOO_LARGE: "DOCUMENT_TOO_LARGE",
  TOO_MANY_PAGES: "TOO_MANY_PAGES",
};

/** Signs of a transient failure, which take precedence: such a message is never permanent. */
const TRANSIENT = [
  /\btime[ds]?[ -]?out\b|\bdeadline\b|\bexpired\b/,
  /\binternal\b|\bunexpected (error|response)|\bunknown error|\bwent wrong\b/,
  /\brate[ -]limit|\btoo many (requests|jobs)|\bquota\b|\bthrottl|\boverload|\bcapacity\b|\bbusy\b|\btokens? per\b/,
  /\btry(ing)? (it )?again\b|\bretr(y|ied|ying)\b|\blater\b|\bright now\b|\bat the moment\b|\btemporar|\bunavailable\b/,
  /\bconnection\b|\bnetwork\b|\bunreachable\b|\bstatus(?: code)?:? 5\d\d\b|\b5\d\d (internal|bad gateway|service|gateway)/,
  /\bout of memory\b|\bcrash|\bcancel|\binterrupted\b|\bkilled\b/,
  // The number of failed pages says nothing about the cause.
  /\bpages? (have |had |has )?fail|\bfail(ed|ing|ure)s? (of |on )?pages?\b|\bpage[ -]failure|\bfailure (ratio|rate|threshold)/,
];

/** Advice to change the file first: "try again" after it does not mean that a retry alone would help. */
const ADVICE =
  /\b(remov|unlock|decrypt|unprotect|sav|resav|re-sav|export|convert|repair|split|reduc|compress|shorten|check|ensur|make sure|us|provid|choos|select|upload|re-?upload|submit)(e|ing)?\b[^.;!]*?\b(try|retry|upload|submit)(ing)?( (it|the file|the document))?( again)?\b/g;

/** `is not encrypted`: words that negate the failure that they name. */
const DENIED =
  /\b(not|isn't|wasn't|aren't|neither|nor) (be |been |appear to be |seem to be )?((password[ -]?)?protected|password|encrypted|corrupt(ed)?|damaged|broken|malformed|empty|blank|too (large|big))\b/g;

const FILE = "(?:pdf|document|docx?|pptx?|xlsx?|workbook|presentation|file)";

/**
 * How LlamaParse and the libraries that read documents (pdf.js, PDFium, pypdf, qpdf, MuPDF, Poppler, pdfminer, iText,
 * PDFBox, LibreOffice) say that the document is at fault. The first match counts.
 */
const SENTENCES: { code: PermanentCode; says: RegExp }[] = [
  {
    code: "PDF_IS_PROTECTED",
    says: pattern(
      `password[ -]?protect`,
      `(?:incorrect|wrong|invalid|missing|no|needs?|requires?|without) (?:an? |the )?(?:user |owner |correct )?password\\b`,
      `password (?:is |was )?(?:required|needed|missing|incorrect|wrong|invalid|not (?:given|supplied|provided|correct))`,
      `\\b${FILE}\\b[^.]{0,60}\\b(?:encrypted|protected|locked)\\b`,
      `\\b(?:encrypted|protected|locked) ${FILE}\\b`,
      `\\b(?:file|document|pdf) has not been decrypted|cannot decrypt (?:the )?${FILE}`,
      `unsupported (?:security scheme|encryption)|text ?extraction (?:is )?not ?allowed`,
    ),
  },
  {
    code: "TOO_MANY_PAGES",
    says: pattern(
      `too many pages`,
      `more than [\\d,.]+ pages`,
      `(?:exceed\\w*|over|above|beyond) (?:the )?(?:maximum |max\\.? |allowed )?(?:number of pages|page (?:count|limit)|limit of [\\d,.]+ pages)`,
      `\\bpages?\\b[^.]{0,40}\\b(?:exceed|(?:above|over|beyond) (?:the|our|your))|exceed\\w* [^.]{0,30}\\bpages?\\b`,
      `page (?:limit|count)[^.]{0,20}reached`,
    ),
  },
  {
    code: "DOCUMENT_TOO_LARGE",
    says: pattern(
      `\\b${FILE}(?: size)?\\b[^.]{0,40}\\btoo (?:large|big|long)\\b`,
      `too (?:large|big) (?:an? )?${FILE}\\b`,
      `\\b${FILE}\\b[^.]{0,60}(?:exceed\\w*|larger than|bigger than|over)\\b[^.]{0,40}\\b(?:size|limit|maximum|max|bytes|[kmg]i?b)\\b`,
      `(?:exceed\\w*) (?:the )?(?:maximum |max\\.? |allowed )*${FILE} size`,
      `(?:maximum|max) ${FILE} size[^.]{0,30}(?:exceed|reached)`,
    ),
  },
  {
    code: "UNSUPPORTED_FILE_TYPE",
    says: pattern(
      `unsupported (?:${FILE}|media|mime|content|input)(?:[ -](?:type|format|extension))?\\b`,
      `unsupported (?:type|format|extension)\\b`,
      `(?:type|format|extension)s?\\b[^.]{0,60}\\b(?:not|isn't|aren't) (?:currently )?supported`,
      `unknown ${FILE} (?:type|format)|(?:type|format)\\b[^.]{0,30}\\b(?:not|un)[ -]?recogni[sz]ed`,
      `not (?:a )?supported (?:${FILE}|type|format|mime)`,
      `(?:does not|doesn't|cannot|can't) (?:support|handle|parse) (?:this |the |that |such )?(?:type|format|kind)`,
    ),
  },
  {
    code: "NO_DATA_FOUND_IN_FILE",
    says: pattern(
      `\\b(?:has|have|contains?|with|found) (?:no|0|zero) (?:pages|sheets|slides|(?:readable |extractable |selectable |usable )?(?:text|content|data))\\b`,
      `\\bno (?:pages|sheets|slides)\\b`,
      `\\bno (?:readable |extractable |selectable |usable )?(?:text|content|data)(?: layer)? (?:was |were |could be |can be )?(?:found|extracted|detected|recogni[sz]ed)\\b`,
      `(?:unable to|could not|couldn't|cannot|can't|failed to) (?:extract|find|detect|recogni[sz]e) any (?:text|content|data)\\b`,
      `\\b(?:nothing|not anything) (?:to (?:parse|extract|read)|(?:was |could be )?(?:found|extracted))\\b`,
      `\\b${FILE}\\b(?: \\S+)? (?:is|was|are|appears to be|seems to be|appears) (?:completely |entirely )?(?:empty|blank)\\b`,
      `\\b(?:empty|blank|zero[ -]byte|0[ -]byte) ${FILE}\\b|\\bsize is zero bytes`,
    ),
  },
  {
    code: "PDF_IS_BROKEN",
    says: pattern(
      `\\b${FILE}\\b[^.]{0,60}\\b(?:corrupt\\w*|damaged|broken(?! pipe)|malformed|truncated|unreadable)`,
      `\\b(?:corrupt\\w*|damaged|broken|malformed|truncated|unreadable) ${FILE}\\b`,
      `\\b(?:not|isn't|may not be|no) (?:an? )?(?:valid |real |readable |well-formed )?(?:pdf|zip|docx|pptx|xlsx)\\b`,
      `\\bnot a valid ${FILE}\\b|\\binvalid (?:pdf|xref|cross[ -]reference|root reference)|\\binvalid ${FILE} (?:structure|format|header|trailer)`,
      `\\b(?:eof marker|startxref|trailer(?: dictionary)?|xref(?: table)?|cross[ -]reference table|pdf header(?: signature)?|root object(?: specification)?)\\b[^.]{0,30}\\bnot found`,
      `(?:can(?:'|no)?t|couldn't|could not|unable to|cannot) (?:find|read|locate|parse|recogni[sz]e) (?:the )?(?:trailer|startxref|xref|pdf header|version marker|root object|cross[ -]reference)`,
      `missing (?:xref|trailer|startxref|root object|pdf header)|\\b${FILE}\\b[^.]{0,40}(?:not|never|cannot|could not) be repaired`,
      `no /?root object|is this really a pdf|data format error|'?%pdf-?'? expected|stream has ended unexpectedly|unexpected (?:eof|end[ -]of[ -](?:file|stream))`,
    ),
  },
];

/**
 * The permanent failure that LlamaParse's message names, by its code or in its words; undefined if it names none, or
 * also names a transient one.
 */
export function permanentCode(message: string): PermanentCode | undefined {
  const word = Object.keys(CODE_WORDS).find((word) => new RegExp(`\\b${word}\\b`).test(message));
  if (word) return CODE_WORDS[word];
  const said = message.toLowerCase().replaceAll("’", "'").replace(/\s+/g, " ");
  if (TRANSIENT.some((words) => words.test(said.replace(ADVICE, "")))) {
    return undefined;
  }
  const asserted = said.replace(DENIED, "");
  return SENTENCES.find(({ says }) => says.test(asserted))?.code;
}

function pattern(...alternatives: string[]): RegExp {
  return new RegExp(alternatives.join("|"));
}
