import type postgres from "postgres";

/** An array type and its element type, by the fixed ids of Postgres's built-in types. */
const ARRAYS: { oid: number; parse(item: string): unknown }[] = [
  { oid: 1005, parse: Number }, // int2
  { oid: 1007, parse: Number }, // int4
  { oid: 1016, parse: String }, // int8, which may not fit a number
  { oid: 1009, parse: String }, // text
  { oid: 1015, parse: String }, // varchar
  { oid: 2951, parse: String }, // uuid
];

/**
 * The arrays that queries take and return, as the driver's type definitions. Without them the driver queries all types
 * on each new connection; if the connection is lost meanwhile, that ends in a rejection that cannot be caught.
 */
export const arrayTypes: Record<string, postgres.PostgresType> = Object
  .fromEntries(
    ARRAYS.map(({ oid, parse }) => [`array${oid}`, {
      to: oid,
      from: [oid],
      serialize: (value: unknown) => Array.isArray(value) ? writeArray(value) : value,
      parse: (text: string) => readArray(text, parse),
    }]),
  );

/** https://www.postgresql.org/docs/17/arrays.html#ARRAYS-IO */
export function writeArray(values: readonly unknown[]): string {
  const items = values.map((value) => value === null ? "null" : `"${String(value).replace(/["\\]/g, "\\$&")}"`);
  return `{${items.join(",")}}`;
}

/** @throws for an array of arrays, which no query returns */
export function readArray<T>(
  text: string,
  parse: (item: string) => T,
): (T | null)[] {
  if (/^\{\{/.test(text)) throw new Error("arrays of arrays are not read");
  const items = text.slice(1, -1).matchAll(/"((?:[^"\\]|\\[^])*)"|([^,]+)/g);
  return Array.from(items, ([, quoted, bare]) => {
    if (quoted !== undefined) return parse(quoted.replace(/\\([^])/g, "$1"));
    return bare === "NULL" ? null : parse(bare);
  });
}
