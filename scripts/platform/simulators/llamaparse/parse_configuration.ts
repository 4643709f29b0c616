import type { LlamaCloud } from "@llamaindex/llama-cloud";
import { z } from "zod";

type Params = LlamaCloud.ParsingCreateParams;
type Named<T, K extends keyof T> = NonNullable<T[K]>;
/** A schema for each field of the API, and for no other. */
type FieldsOf<T> = { [K in keyof Required<T>]: z.ZodType };

const flag = z.boolean().nullish();
const ratio = z.number().min(0).max(1).nullish();
const text = z.string().nullish();

/** A webhook endpoint; both APIs share its fields. */
export const webhookConfiguration = z.strictObject(
  {
    webhook_url: z.url().nullish(),
    webhook_events: z.array(z.string()).nullish(),
    webhook_headers: z.record(z.string(), z.coerce.string()).nullish(),
    webhook_output_format: z.enum(["json", "string"]).nullish(),
    webhook_signing_secret: text,
  } satisfies FieldsOf<LlamaCloud.ParsingCreateParams.WebhookConfiguration>,
);

export type WebhookConfiguration = z.infer<typeof webhookConfiguration>;

const LANGUAGES = [
  "abq",
  "ady",
  "af",
  "ang",
  "ar",
  "as",
  "ava",
  "az",
  "be",
  "bg",
  "bgc",
  "bh",
  "bho",
  "bn",
  "bs",
  "ch_sim",
  "ch_tra",
  "che",
  "cs",
  "cy",
  "da",
  "dar",
  "de",
  "en",
  "es",
  "et",
  "fa",
  "fr",
  "ga",
  "gom",
  "hi",
  "hr",
  "hu",
  "id",
  "inh",
  "is",
  "it",
  "ja",
  "kbd",
  "kn",
  "ko",
  "ku",
  "la",
  "lbe",
  "lez",
  "lt",
  "lv",
  "mah",
  "mai",
  "mi",
  "mn",
  "mni",
  "mr",
  "ms",
  "mt",
  "ne",
  "new",
  "nl",
  "no",
  "oc",
  "pi",
  "pl",
  "pt",
  "ro",
  "rs_cyrillic",
  "rs_latin",
  "ru",
  "sa",
  "sck",
  "sk",
  "sl",
  "sq",
  "sv",
  "sw",
  "ta",
  "tab",
  "te",
  "th",
  "tjk",
  "tl",
  "tr",
  "ug",
  "uk",
  "ur",
  "uz",
  "vi",
] as const satisfies readonly LlamaCloud.ParsingLanguages[];

/** Page numbers of `1,3,5-8`, in the order in which they are written, or null if it is nothing of the kind. */
function numbersOf(pages: string): number[] | null {
  const numbers: number[] = [];
  for (const range of pages.split(",")) {
    const [, first, last = first] = /^\s*([1-9]\d*)(?:-([1-9]\d*))?\s*$/.exec(
      range,
    ) ?? [];
    if (!first || Number(last) < Number(first)) return null;
    for (let n = Number(first); n <= Number(last); n++) numbers.push(n);
  }
  return numbers;
}

const targetPages = z.string().superRefine((pages, context) => {
  const numbers = numbersOf(pages);
  if (numbers === null) {
    context.addIssue("must be pages and ranges from 1 on, such as 1,3,5-8");
  } else if (new Set(numbers).size < numbers.length) {
    context.addIssue("names a page twice");
  }
});

const inputOptions = z.strictObject(
  {
    html: z.strictObject(
      {
        make_all_elements_visible: flag,
        remove_fixed_elements: flag,
        remove_navigation_elements: flag,
      } satisfies FieldsOf<LlamaCloud.ParsingCreateParams.InputOptions.HTML>,
    ).nullish(),
    image: z.strictObject(
      { camera_photo_correction: flag } satisfies FieldsOf<
        LlamaCloud.ParsingCreateParams.InputOptions.Image
      >,
    ).nullish(),
    pdf: z.strictObject({}).nullish(),
    presentation: z.strictObject(
      {
        out_of_bounds_content: flag,
        skip_embedded_data: flag,
      } satisfies FieldsOf<
        LlamaCloud.ParsingCreateParams.InputOptions.Presentation
      >,
    ).nullish(),
    spreadsheet: z.strictObject(
      {
        detect_sub_tables_in_sheets: flag,
        force_formula_computation_in_sheets: flag,
        include_hidden_sheets: flag,
      } satisfies FieldsOf<
        LlamaCloud.ParsingCreateParams.InputOptions.Spreadsheet
      >,
    ).nullish(),
  } satisfies FieldsOf<Named<Params, "input_options">>,
);

const outputOptions = z.strictObject(
  {
    additional_outputs: z.array(
      z.enum(["stripped_md", "concatenated_stripped_txt", "word_bbox"]),
    ).optional(),
    extract_printed_page_number: flag,
    granular_bboxes: z.array(z.enum(["cell", "line", "word"])).optional(),
    images_to_save: z.array(z.enum(["embedded", "layout", "screenshot"]))
      .nullish(),
    markdown: z.strictObject(
      {
        annotate_line_numbers: flag,
        annotate_links: flag,
        annotate_revisions: flag,
        inline_images: flag,
        tables: z.strictObject(
          {
            compact_markdown_tables: flag,
            markdown_table_multiline_separator: text,
            merge_continued_tables: flag,
            output_tables_as_markdown: flag,
          } satisfies FieldsOf<
            LlamaCloud.ParsingCreateParams.OutputOptions.Markdown.Tables
          >,
        ).optional(),
      } satisfies FieldsOf<
        LlamaCloud.ParsingCreateParams.OutputOptions.Markdown
      >,
    ).optional(),
    save_output_pdf: flag,
    spatial_text: z.strictObject(
      {
        do_not_unroll_columns: flag,
        preserve_layout_alignment_across_pages: flag,
        preserve_very_small_text: flag,
      } satisfies FieldsOf<
        LlamaCloud.ParsingCreateParams.OutputOptions.SpatialText
      >,
    ).optional(),
    tables_as_spreadsheet: z.strictObject(
      {
        enable: flag,
        guess_sheet_name: z.boolean().optional(),
      } satisfies FieldsOf<
        LlamaCloud.ParsingCreateParams.OutputOptions.TablesAsSpreadsheet
      >,
    ).optional(),
  } satisfies FieldsOf<Named<Params, "output_options">>,
);

const processingControl = z.strictObject(
  {
    job_failure_conditions: z.strictObject(
      {
        allowed_page_failure_ratio: ratio,
        fail_on_buggy_font: flag,
        fail_on_image_extraction_error: flag,
        fail_on_image_ocr_error: flag,
        fail_on_markdown_reconstruction_error: flag,
      } satisfies FieldsOf<
        LlamaCloud.ParsingCreateParams.ProcessingControl.JobFailureConditions
      >,
    ).optional(),
    timeouts: z.strictObject(
      {
        base_in_seconds: z.int().min(1).max(7200).nullish(),
        extra_time_per_page_in_seconds: z.int().min(0).max(300).nullish(),
      } satisfies FieldsOf<
        LlamaCloud.ParsingCreateParams.ProcessingControl.Timeouts
      >,
    ).optional(),
  } satisfies FieldsOf<Named<Params, "processing_control">>,
);

const processingOptions = z.strictObject(
  {
    aggressive_table_extraction: flag,
    // Rules for pages of their own are not acted upon here.
    auto_mode_configuration: z.array(z.looseObject({})).nullish(),
    confidence_score_effort: z.literal("high").nullish(),
    cost_optimizer: z.strictObject({ enable: flag }).nullish(),
    disable_heuristics: flag,
    forms: z.enum(["default", "enrich"]).nullish(),
    ignore: z.strictObject(
      {
        ignore_diagonal_text: flag,
        ignore_hidden_text: flag,
        ignore_text_in_image: flag,
      } satisfies FieldsOf<
        LlamaCloud.ParsingCreateParams.ProcessingOptions.Ignore
      >,
    ).optional(),
    ocr_parameters: z.strictObject(
      { languages: z.array(z.enum(LANGUAGES)).nullish() } satisfies FieldsOf<
        LlamaCloud.ParsingCreateParams.ProcessingOptions.OcrParameters
      >,
    ).optional(),
    specialized_chart_parsing: z.enum(["agentic", "agentic_plus", "efficient"])
      .nullish(),
  } satisfies FieldsOf<Named<Params, "processing_options">>,
);

/**
 * What a v2 job may be asked for: every option that the SDK's types know, and no other. What the simulator has no use
 * for (prompts, charts, boxes, …) is accepted and does nothing.
 */
export const parseConfiguration = z.strictObject(
  {
    tier: z.enum(["fast", "cost_effective", "agentic", "agentic_plus"]),
    version: z.string().regex(/^(latest|\d{4}-\d{2}-\d{2})$/, {
      error: 'must be "latest" or a dated version',
    }),
    agentic_options: z.strictObject({ custom_prompt: text }).nullish(),
    client_name: text,
    configuration_id: text,
    crop_box: z.strictObject(
      {
        bottom: ratio,
        left: ratio,
        right: ratio,
        top: ratio,
      } satisfies FieldsOf<
        LlamaCloud.ParsingCreateParams.CropBox
      >,
    ).optional(),
    disable_cache: flag,
    fast_options: z.strictObject({}).nullish(),
    file_id: text,
    http_proxy: text,
    input_options: inputOptions.optional(),
    output_options: outputOptions.optional(),
    page_ranges: z.strictObject(
      {
        max_pages: z.int().positive().nullish(),
        target_pages: targetPages.nullish(),
      } satisfies FieldsOf<LlamaCloud.ParsingCreateParams.PageRanges>,
    ).optional(),
    processing_control: processingControl.optional(),
    processing_options: processingOptions.optional(),
    source_url: text,
    user_metadata: z.record(z.string(), z.string()).nullish(),
    webhook_configuration_ids: z.array(z.string()).nullish(),
    webhook_configurations: z.array(webhookConfiguration).optional(),
  } satisfies FieldsOf<Omit<Params, "organization_id" | "project_id">>,
).superRefine((configuration, context) => {
  if (configuration.tier === "fast" && configuration.agentic_options) {
    context.addIssue({
      code: "custom",
      path: ["agentic_options"],
      message: "not available on the fast tier",
    });
  }
});

export type ParseConfiguration = z.infer<typeof parseConfiguration>;

/** The pages to read of a document of so many, in order; those that it does not have are left out. */
export function selectPages(
  { max_pages, target_pages }: NonNullable<ParseConfiguration["page_ranges"]>,
  pageCount: number,
): number[] {
  const all = Array.from({ length: pageCount }, (_, index) => index + 1);
  if (!target_pages) return all.slice(0, max_pages ?? undefined);
  const asked = new Set(numbersOf(target_pages));
  return all.filter((page) => asked.has(page));
}
