import { failure, type FailureCode } from "../_shared/error_codes.ts";
import { describeContent, fileType, isOfType } from "./file_types.ts";

/** Why a file is refused, as its owner sees it. */
export interface FileFault {
  code: FailureCode;
  message: string;
}

/** Compares the uploaded bytes with what was announced. Null if they match. */
export function verifyFile(
  bytes: Uint8Array,
  sha256: string,
  announced: { bytesLen: number; sha256: string; mime: string },
): FileFault | null {
  if (bytes.length !== announced.bytesLen) {
    return failure("SIZE_MISMATCH", {
      bytes: bytes.length,
      announced: announced.bytesLen,
    });
  }
  if (sha256 !== announced.sha256) {
    return failure("SHA256_MISMATCH");
  }
  const type = fileType(announced.mime);
  if (!type || !isOfType(bytes, type)) {
    const found = describeContent(bytes);
    if (!type) {
      return {
        code: "TYPE_MISMATCH",
        message: `the file is ${found}, which is not accepted; save it as an accepted type`,
      };
    }
    return failure(type.extension === "pdf" ? "NOT_A_PDF" : "TYPE_MISMATCH", {
      found,
      announced: type.name,
    });
  }
  return null;
}
