import { resolve } from "node:path";

/** The project's state folder: data, logs, and downloads. */
export const STATE_DIR = resolve(import.meta.dirname!, "../../../.stack");

/** The state folder of the stack that selected SQL tests run on. */
export const KEPT_TESTS_DIR = `${STATE_DIR}/tests`;
