import type { Form, Text } from "./catalogue.ts";

/** What stands in for `{name}`. A value that is not known is missing. */
export type Values = { readonly [name: string]: string | number | undefined };

/** The text with its values, in a language; the last form's unknown values are left out. */
export function fill(text: Text, values: Values, language: string): string {
  const forms = isList(text) ? text : [text];
  const sentences = forms.map((form) => sentenceOf(form, values, language));
  const known = sentences.find((sentence) => placeholdersIn(sentence).every((name) => values[name] !== undefined));
  const sentence = known ?? sentences[sentences.length - 1];
  return sentence.replace(PLACEHOLDER, (_all, name: string) => {
    const value = values[name];
    return typeof value === "number" ? new Intl.NumberFormat(language).format(value) : value ?? "";
  });
}

const PLACEHOLDER = /\{(\w+)\}/g;

export function placeholdersIn(sentence: string): string[] {
  return [...sentence.matchAll(PLACEHOLDER)].map(([, name]) => name);
}

function sentenceOf(form: Form, { count }: Values, language: string): string {
  if (typeof form === "string") return form;
  if (typeof count !== "number") return form.other;
  return form[new Intl.PluralRules(language).select(count)] ?? form.other;
}

/** `Array.isArray` does not narrow a read-only list. */
function isList(text: Text): text is readonly Form[] {
  return Array.isArray(text);
}
