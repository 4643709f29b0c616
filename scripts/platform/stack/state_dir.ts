import { resolve } from "node:path";

/** The project's own state folder: data, logs, and what is fetched once. */
export const STATE_DIR = resolve(import.meta.dirname!, "../../../.stack");
