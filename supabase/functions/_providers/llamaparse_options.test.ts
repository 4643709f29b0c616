import { describe, expect, it } from "vitest";
import { parseOptions, targetPages } from "./llamaparse_options.ts";

const submission = {
  mime: "application/pdf",
  maxPages: 201,
  pages: null,
  ocr: false,
  ocrLanguages: [],
  maxFailedPageRatio: 1,
};

describe("targetPages", () => {
  it.each<[number[], string]>([
    [[1], "1"],
    [[13], "13"],
    [[1, 2, 3], "1-3"],
    [[1, 2], "1-2"],
    [[10, 3, 1, 6, 5, 8, 7, 5], "1,3,5-8,10"],
  ])("writes %j as %s", (pages, written) => {
    expect(targetPages(pages)).toBe(written);
  });

  it.each([[[]], [[0]], [[-1, 2]], [[1.5]], [[NaN]]])(
    "refuses %j, which LlamaParse would misread",
    (pages) => {
      expect(() => targetPages(pages)).toThrow(RangeError);
    },
  );
});

describe("parseOptions", () => {
  it("requests compact Markdown tables, merged over pages, without pictures", () => {
    expect(parseOptions(submission).output_options).toEqual({
      images_to_save: [],
      markdown: {
        inline_images: false,
        tables: {
          output_tables_as_markdown: true,
          compact_markdown_tables: true,
          merge_continued_tables: true,
        },
      },
    });
  });

  it("removes navigation and fixed elements from a web page", () => {
    expect(parseOptions(submission).input_options).toEqual({
      html: { remove_fixed_elements: true, remove_navigation_elements: true },
    });
  });

  it("requests the first pages, or the given ones without LlamaParse's cache", () => {
    expect(parseOptions(submission)).toMatchObject({
      page_ranges: { max_pages: 201 },
      disable_cache: false,
    });
    expect(parseOptions({ ...submission, pages: [13, 2, 3] })).toMatchObject({
      page_ranges: { target_pages: "2-3,13" },
      disable_cache: true,
    });
  });

  it("sends the share of pages that may fail", () => {
    const options = parseOptions({ ...submission, maxFailedPageRatio: 0.25 });
    expect(options.processing_control.job_failure_conditions)
      .toEqual({ allowed_page_failure_ratio: 0.25 });
  });

  it("reads text in pictures with OCR, in the given languages", () => {
    const scanned = { ...submission, ocr: true };
    expect(parseOptions(submission).processing_options)
      .toEqual({ ignore: { ignore_text_in_image: true } });
    expect(
      parseOptions({ ...submission, ocrLanguages: ["de"] }).processing_options,
    ).toEqual({ ignore: { ignore_text_in_image: true } });
    expect(parseOptions(scanned).processing_options)
      .toEqual({ ignore: { ignore_text_in_image: false } });
    expect(parseOptions(scanned).input_options)
      .toMatchObject({ image: { camera_photo_correction: true } });
    expect(
      parseOptions({ ...scanned, ocrLanguages: ["de", "en"] })
        .processing_options,
    ).toEqual({
      ignore: { ignore_text_in_image: false },
      ocr_parameters: { languages: ["de", "en"] },
    });
  });

  it("uses LlamaParse's names of languages", () => {
    const ocrLanguages = ["zh", "zh-Hant", "ch_sim", "nb", "ja"];
    expect(
      parseOptions({ ...submission, ocr: true, ocrLanguages })
        .processing_options.ocr_parameters,
    ).toEqual({ languages: ["ch_sim", "ch_tra", "no", "ja"] });
  });

  it("reads the text of an image", () => {
    expect(parseOptions({ ...submission, mime: "image/png" }))
      .toMatchObject({
        input_options: { image: { camera_photo_correction: true } },
        processing_options: { ignore: { ignore_text_in_image: false } },
      });
  });
});
