import { fileURLToPath } from "node:url";

const source = (path: string) => fileURLToPath(new URL(`../client/src/${path}`, import.meta.url));

/** Where the entries of the client's package are: the console is built from their sources. */
export const CLIENT_ENTRIES = [
  { find: /^supabase-document-pipeline-client$/, replacement: source("index.ts") },
  { find: /^supabase-document-pipeline-client\/react$/, replacement: source("react/index.ts") },
  { find: /^supabase-document-pipeline-client\/texts$/, replacement: source("texts/index.ts") },
  { find: /^supabase-document-pipeline-client\/texts\/de$/, replacement: source("texts/de.ts") },
  { find: /^supabase-document-pipeline-client\/resumable$/, replacement: source("resumable.ts") },
];
