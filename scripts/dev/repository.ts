import { resolve } from "node:path";

/** The folder that holds this project. */
export const REPOSITORY = resolve(import.meta.dirname!, "../..");
