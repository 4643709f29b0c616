import type postgres from "postgres";
import type { Catalogue } from "./catalogue.ts";

/** A file that is written from facts declared elsewhere. */
export interface Product {
  /** Below the repository. */
  path: string;
  text: string;
}

/** What generators read: a database that the migrations have built, and its catalogue. */
export interface Sources {
  sql: postgres.Sql;
  databaseUrl: string;
  catalogue: Catalogue;
}
