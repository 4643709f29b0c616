import { describeContent, fileType, isOfType } from "./file_types.ts";

/** Why a file is refused, as its owner sees it. */
export interface FileFault {
  code: string;
  message: string;
}

/** Compares the uploaded bytes with what was announced. Null if they match. */
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
        "the upload's sha256 differs from the announced one; it was damaged in transit or another file was sent",
    };
  }
  const type = fileType(announced.mime);
  if (!type || !isOfType(bytes, type)) {
    const shown = describeContent(bytes);
    return {
      code: type?.extension === "pdf" ? "NOT_A_PDF" : "TYPE_MISMATCH",
      message: type
        ? `the file is ${shown}, although its name or type says that it is ${type.name}; ` +
          "upload it under its own type, if that is accepted, or save it as an accepted type"
        : `the file is ${shown}, which is not accepted; save it as an accepted type`,
    };
  }
  return null;
}
