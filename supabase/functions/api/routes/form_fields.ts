import { z } from "zod";
import { fields } from "../../_shared/fields.ts";
import { validationFailed } from "../../_shared/validation.ts";
import type { FormEntry, FormFile } from "./multipart.ts";
import { policyId } from "./upload_registration.ts";

/** Fields that hold files, one or several, as `<input type="file" multiple>` and form libraries name them. */
export const FILE_FIELDS = ["file", "file[]", "files", "files[]"];

/** The other fields, which apply to every file of the form. */
const otherFields = fields({
  ocr: z.enum(["true", "false"]).default("false").transform((text) => text === "true"),
  policy_id: policyId.optional(),
});

export type FormFields = z.output<typeof otherFields> & { files: FormFile[] };

/**
 * The fields of a form.
 * @throws {HttpError} 422 that names the parts that are invalid, unknown, or sent twice
 */
export function readFields(form: FormEntry[], mostFiles: number): FormFields {
  const issues: { path: string[]; message: string }[] = [];
  const files: FormFile[] = [];
  // Without a prototype, so that any part's name is a plain field.
  const others: Record<string, FormEntry[1]> = Object.create(null);
  for (const [name, value] of form) {
    if (value === null) {
      issues.push({ path: [name], message: "is too long" });
    } else if (!FILE_FIELDS.includes(name)) {
      if (name in others) {
        const message = "was sent more than once; send it once";
        issues.push({ path: [name], message });
      }
      others[name] = value;
    } else if (typeof value !== "string") {
      files.push(value);
    } else {
      const message = "must be a file; its form part needs a filename";
      issues.push({ path: [name], message });
    }
  }
  if (files.length === 0 && issues.length === 0) {
    issues.push({ path: ["file"], message: "is missing; send a file" });
  }
  if (files.length > mostFiles) {
    const message = `was sent ${files.length} times; a form may have ${mostFiles} files`;
    issues.push({ path: ["file"], message });
  }
  const parsed = otherFields.safeParse(others);
  if (!parsed.success) {
    throw validationFailed({ issues: [...issues, ...parsed.error.issues] });
  }
  if (issues.length > 0) throw validationFailed({ issues });
  return { ...parsed.data, files };
}
