export const HANDBOOK = new URL("./handbook.pdf", import.meta.url);
export const HANDBOOK_QUESTION = "How much is charged for tools returned late?";
