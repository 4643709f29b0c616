import { resolve } from "node:path";

/** This project's folder. */
export const REPOSITORY = resolve(import.meta.dirname!, "../..");
