import { alignedLines } from "../../dev/terminal/table.ts";
import { MAX_FUNCTION_BYTES, megabytes } from "../../dev/build/bundle.ts";
import type { FunctionUpload } from "../../platform/simulators/management_api/project.ts";

/** The uploaded size of each function and hosted's limit, as a table. */
export function uploadSizes(uploads: FunctionUpload[]): string[] {
  return alignedLines({
    columns: [
      { title: "function" },
      { title: "files", align: "right" },
      { title: "bytes sent", align: "right" },
      { title: "limit", align: "right" },
      { title: "room", align: "right" },
    ],
    rows: uploads.map(({ slug, files }) => {
      const bytes = bytesOf(files);
      const room = 1 - bytes / MAX_FUNCTION_BYTES;
      return [
        slug,
        String(files.length),
        bytes.toLocaleString("en"),
        `${megabytes(MAX_FUNCTION_BYTES)} MB`,
        `${Math.floor(room * 100)} %`,
      ];
    }),
  });
}

/** The functions that hosted would refuse for their size, as sentences. */
export function tooLarge(uploads: FunctionUpload[]): string[] {
  return uploads.filter(({ files }) => bytesOf(files) > MAX_FUNCTION_BYTES)
    .map(({ slug, files }) =>
      `${slug} has ${bytesOf(files).toLocaleString("en")} bytes; hosted accepts ${
        MAX_FUNCTION_BYTES.toLocaleString("en")
      }`
    );
}

function bytesOf(files: FunctionUpload["files"]): number {
  return files.reduce((sum, { bytes }) => sum + bytes.length, 0);
}
