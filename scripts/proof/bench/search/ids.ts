import { createHash } from "node:crypto";

/** The id that `md5(text)::uuid` gives in Postgres. */
function idOf(text: string): string {
  const hex = createHash("md5").update(text).digest("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** MD5 sums, so that tenants' ids share no prefixes. */
export const userId = (tenant: number): string => idOf(`tenant${tenant}`);
export const documentId = (no: number): string => idOf(`document${no}`);
