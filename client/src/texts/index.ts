export type { Catalogue, Form, Plural, Text } from "./catalogue.ts";
export { createTexts, type Texts } from "./create_texts.ts";
export { english } from "./en.ts";
