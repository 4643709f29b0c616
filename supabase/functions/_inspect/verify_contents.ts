import { failure } from "../_shared/error_codes.ts";
import { BrokenArchive, inspectArchive } from "./archive_contents.ts";
import { fileType } from "./file_types.ts";
import { imageSize } from "./image_size.ts";
import { inspectPdf } from "./pdf_contents.ts";
import { MOST_UNPACKED_BYTES, UnpackBudget, UnpacksTooLarge } from "./unpack_budget.ts";
import type { FileFault } from "./verify_file.ts";

const BYTES_A_PIXEL = 4;

/** The information that a file contains about itself. */
export interface Contents {
  /** Null if it does not say. */
  pageCount: number | null;
}

/**
 * Checks a file of a verified type for contents that would overwhelm its readers: contents that unpack to far too much,
 * archives that contradict themselves, more pages than are allowed.
 */
export function verifyContents(
  bytes: Uint8Array,
  mime: string,
  maxPages: number,
): Contents | { fault: FileFault } {
  try {
    switch (fileType(mime)?.extension) {
      case "pdf": {
        const { pageCount } = inspectPdf(bytes, new UnpackBudget());
        return (pageCount ?? 0) > maxPages ? { fault: failure("TOO_MANY_PAGES", { maxPages }) } : { pageCount };
      }
      case "docx":
      case "pptx":
      case "xlsx":
        inspectArchive(bytes, new UnpackBudget());
        return { pageCount: null };
      case "png":
      case "jpg": {
        const { width, height } = imageSize(bytes) ?? { width: 0, height: 0 };
        new UnpackBudget().spend(width * height * BYTES_A_PIXEL);
        return { pageCount: 1 };
      }
      default:
        return { pageCount: null };
    }
  } catch (error) {
    if (error instanceof UnpacksTooLarge) return { fault: unpacksTooLarge };
    if (error instanceof BrokenArchive) return { fault: brokenArchive(error) };
    throw error;
  }
}

const unpacksTooLarge = failure("UNPACKS_TOO_LARGE", {
  mebibytes: MOST_UNPACKED_BYTES / 2 ** 20,
});

function brokenArchive({ message }: BrokenArchive): FileFault {
  return failure("ARCHIVE_IS_BROKEN", { reason: message });
}
