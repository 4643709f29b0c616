import { resolve } from "node:path";

/** The folder of Prometheus' and Alertmanager's configuration. */
export const MONITORING = resolve(import.meta.dirname!, "../../../monitoring");
