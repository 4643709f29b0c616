import { describeContent, fileType, isOfType } from "./file_types.ts";

/** Why a file is refused, in the words that its owner reads. */
export interface FileFault {
  code: string;
  message: string;
}

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
  const type = fileType(announced.mime);
  if (!type || !isOfType(bytes, type)) {
    const shown = describeContent(bytes);
    return {
      code: type?.extension === "pdf" ? "NOT_A_PDF" : "TYPE_MISMATCH",
      message: type
        ? `the file is ${shown}, although its name or type says that it is ${type.name}; ` +
          "upload it as what it is, if that type is taken, or save it as one that is"
        : `the file is ${shown}, which is not taken; save it as a type that is`,
    };
  }
  return null;
}
