/** Why a file is refused, in the words that its owner reads. */
export interface FileFault {
  code: string;
  message: string;
}

/** A PDF's header may stand a little way in: readers search the first kilobyte. */
const PDF_HEADER_WITHIN = 1024;

/** Compares what landed with what was announced. Null: it is what it should be. */
export function verifyFile(
  bytes: Uint8Array,
  sha256: string,
  announced: { bytesLen: number; sha256: string; mime: string },
): FileFault | null {
  if (bytes.length !== announced.bytesLen) {
    return {
      code: "SIZE_MISMATCH",
      message:
        `the upload has ${bytes.length} bytes, but ${announced.bytesLen} were announced; upload it again`,
    };
  }
  if (sha256 !== announced.sha256) {
    return {
      code: "SHA256_MISMATCH",
      message:
        "the upload's sha256 is not the announced one; it was damaged on the way or another file was sent",
    };
  }
  if (announced.mime === "application/pdf" && !isPdf(bytes)) {
    return {
      code: "NOT_A_PDF",
      message: "the file is not a PDF, although it was announced as one",
    };
  }
  return null;
}

export function isPdf(bytes: Uint8Array): boolean {
  const head = new TextDecoder("latin1").decode(
    bytes.subarray(0, PDF_HEADER_WITHIN),
  );
  return head.includes("%PDF-");
}
