import { resolve } from "node:path";

/** The project's own state folder: data, logs, and what is fetched once. */
export const STATE_DIR = resolve(import.meta.dirname!, "../../../.stack");

/** Of the stack whose database chosen tests in SQL run on. */
export const KEPT_TESTS_DIR = `${STATE_DIR}/tests`;
