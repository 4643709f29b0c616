import { describe, expect, it } from "vitest";
import { permanentCode } from "./llamaparse_failure_words.ts";

describe("a message with a code", () => {
  it.each([
    ["PDF_IS_PROTECTED", "PDF_IS_PROTECTED"],
    ["Job failed: PDF_IS_BROKEN", "PDF_IS_BROKEN"],
    ["NO_DATA_FOUND_IN_FILE: nothing", "NO_DATA_FOUND_IN_FILE"],
    [
      "Failed to parse the PDF file: Job failed: PDF_TOO_LARGE",
      "DOCUMENT_TOO_LARGE",
    ],
    ["TOO_MANY_PAGES, try again later", "TOO_MANY_PAGES"],
  ])("%s is %s", (message, code) => {
    expect(permanentCode(message)).toBe(code);
  });
});

describe("a message in plain words", () => {
  // LlamaParse's own first, then those of the libraries that read documents.
  it.each<[string, string[]]>([
    ["PDF_IS_PROTECTED", [
      "Could not open PDF, as it seems to be protected.",
      "The file is password protected",
      "This document is password-protected and cannot be parsed.",
      "The PDF is encrypted. Please remove the password and try again.",
      "Cannot process password protected document",
      "Unlock the file and upload it again: it is password protected",
      "PdfiumError: Failed to load document (PDFium: Incorrect password error).",
      "PDFium: Unsupported security scheme error",
      "fitz: document needs password",
      "File has not been decrypted",
      "Command Line Error: Incorrect password",
      "PasswordException: No password given",
      "cannot decrypt PDF, the password is incorrect",
      "PDFTextExtractionNotAllowed: Text extraction is not allowed",
      "Document is locked",
      "The encrypted document could not be opened",
      "Das PDF: Password is required to open this file",
    ]],
    ["PDF_IS_BROKEN", [
      "The PDF is broken",
      "The file appears to be corrupted.",
      "The uploaded PDF file is damaged or corrupt and could not be opened",
      "Corrupt file",
      "Malformed PDF",
      "not a PDF",
      "The file is not a valid PDF",
      "This is not a valid document",
      "File is not a zip file",
      "Invalid PDF structure.",
      "InvalidPDFException: Invalid root reference",
      "EOF marker not found",
      "Stream has ended unexpectedly",
      "PdfReadError: PDF starts with '<html', but '%PDF-' expected",
      "Cannot find Root object in pdf",
      "unable to find trailer dictionary while recovering damaged file",
      "can't find startxref",
      "Failed to load document (PDFium: Data format error).",
      "Syntax Error: Couldn't find trailer dictionary",
      "Syntax Warning: May not be a PDF file (continuing anyway)",
      "cannot open broken document",
      "cannot recognize version marker",
      "PDFSyntaxError: No /Root object! - Is this really a PDF?",
      "PDF header signature not found.",
      "Error: Unexpected EOF",
      "The PDF could not be repaired",
      "Exception: the file is damaged",
      "The document seems to be truncated",
    ]],
    ["NO_DATA_FOUND_IN_FILE", [
      "No text was found in the file",
      "No data found in file",
      "No content could be extracted from the document",
      "The document has no pages",
      "document has no pages",
      "The PDF contains 0 pages.",
      "No pages found in specified range",
      "The file is empty",
      "Cannot read an empty file",
      "The PDF file is empty, i.e. its size is zero bytes.",
      "The document appears to be blank.",
      "Nothing to parse",
      "Unable to extract any text from the document",
      "The PDF contains no text",
    ]],
    ["DOCUMENT_TOO_LARGE", [
      "The document is too large",
      "File too large",
      "The PDF file is too big to be parsed",
      "File size exceeds the maximum of 512MB",
      "The file exceeds the size limit",
      "Exceeded the maximum allowed file size",
      "Maximum file size exceeded",
      "The uploaded file is larger than 100 MB",
    ]],
    ["TOO_MANY_PAGES", [
      "The document has too many pages",
      "Document has 1200 pages, which exceeds the limit of 1000",
      "The PDF has more than 1,000 pages",
      "Page limit exceeded",
      "The document exceeds the 1000 page limit",
      "The number of pages is above the allowed maximum",
      "Exceeds the maximum number of pages",
    ]],
    ["UNSUPPORTED_FILE_TYPE", [
      "Unsupported file type",
      "Unsupported document format: .xyz",
      "Unsupported type",
      "This file type is not supported",
      "The format of the document isn’t supported.",
      "Not a supported file",
      "File type was not recognized",
      "The parser cannot handle this type of file",
    ]],
  ])("means %s", (code, messages) => {
    for (const message of messages) {
      expect(permanentCode(message), message).toBe(code);
    }
  });

  it.each([
    "",
    "worker died",
    "page timed out",
    "Job timed out",
    "Internal Server Error",
    "An unknown error occurred during processing. Job id: e7207b3d",
    "Oops! Something went wrong on our end. Please try again in a few minutes.",
    "The document could not be parsed right now",
    "The document could not be parsed",
    "The file could not be read",
    "RECONSTRUCTION_ERROR : Something went wrong when reconstruction page 2986.",
    "Rate limit exceeded",
    "Request too large for gpt-4o on tokens per min (TPM)",
    "Too many requests",
    "Too many pages failed: 3 of 20",
    "More than 5% of pages failed",
    "More than 1 pages failed to parse",
    "Allowed page failure ratio of 0.05 exceeded (0.15)",
    "EXPIRED",
    "Service Unavailable",
    "Connection reset while the file was downloaded",
    "[Errno 32] Broken pipe while the file was written",
    "No content was returned by the model",
    "The model returned an empty response for this document",
    "Cannot connect to the database: password authentication failed",
    "Out of memory while opening the file",
    "LLM refused to process content",
  ])("is transient: %s", (message) => {
    expect(permanentCode(message)).toBeUndefined();
  });

  it.each([
    "The PDF is encrypted or the service timed out",
    "The file may be corrupted. Internal error, please retry later.",
    "Timed out: the document is too large to be parsed at the moment",
    "Rate limit exceeded: file too large",
    "The document seems damaged, or our storage is temporarily unavailable",
  ])("is transient when it names both: %s", (message) => {
    expect(permanentCode(message)).toBeUndefined();
  });

  it.each([
    "The PDF is not encrypted but could not be parsed",
    "The file is not corrupted; the parser failed on it",
    "The document isn't password protected, but the worker died",
    "The document is not empty and not too large; the worker died",
  ])("is transient when it negates the failure: %s", (message) => {
    expect(permanentCode(message)).toBeUndefined();
  });
});
