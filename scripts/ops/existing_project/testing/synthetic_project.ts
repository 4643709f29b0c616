import { dirname, join } from "node:path";

/** Files by their path below the project's folder. */
export type Files = Record<string, string>;

/** What `supabase init` leaves, in short. */
export const EMPTY_PROJECT: Files = {
  "supabase/config.toml": `# Read by the Supabase CLI.
project_id = "shop"

[api]
enabled = true
port = 54321
# Schemas to expose in your API.
schemas = ["public", "graphql_public"]
extra_search_path = ["public", "extensions"]

[db]
major_version = 17
`,
  "supabase/.gitignore": "# Supabase\n.branches\n.temp\n",
};

/** A project with things of its own: a table, policies, an exposed schema, a shared folder, import maps, a seed. */
export const SHOP: Files = {
  "supabase/.gitignore": "# Supabase\n.branches\n.temp\n",
  "supabase/config.toml": `# The shop. Keep the comments.
project_id = "shop"

[api]
port = 54321
schemas = [
  "public", # the shop's own tables
  "shop",   # read by the storefront
]
max_rows = 500

[db]
major_version = 17

[auth]
site_url = "https://shop.example.com"
minimum_password_length = 6

[functions.greet]
verify_jwt = false
import_map = "./functions/import_map.json"

[functions.count]
verify_jwt = true # members only
`,
  "supabase/migrations/20240101000000_shop.sql": `create schema shop;
grant usage on schema shop to authenticated;
create table shop.notes (
  id bigint generated always as identity primary key,
  owner uuid not null default auth.uid(),
  body text not null
);
alter table shop.notes enable row level security;
create policy "owners read their notes" on shop.notes for select to authenticated using (owner = (select auth.uid()));
create policy "owners write notes" on shop.notes for insert to authenticated with check (owner = (select auth.uid()));
grant select, insert on shop.notes to authenticated;
`,
  // Newer than any release of the pipeline.
  "supabase/migrations/20400101000000_pictures.sql":
    `insert into storage.buckets (id, name) values ('pictures', 'pictures');
create policy "everyone reads pictures" on storage.objects for select using (bucket_id = 'pictures');
`,
  "supabase/seed.sql": "insert into shop.notes (owner, body) values (gen_random_uuid(), 'seeded');\n",
  "supabase/functions/import_map.json": '{ "imports": { "words": "./_shared/words.ts" } }\n',
  "supabase/functions/_shared/words.ts": 'export const greeting = "Welcome to the shop";\n',
  "supabase/functions/greet/index.ts": `import { greeting } from "words";

Deno.serve(() => new Response(greeting));
`,
  "supabase/functions/count/deno.json": '{ "imports": { "shared/": "../_shared/" } }\n',
  "supabase/functions/count/index.ts": `import { greeting } from "shared/words.ts";

Deno.serve(() => new Response(String(greeting.length)));
`,
};

/** Writes files below a folder. */
export async function writeFiles(root: string, files: Files): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(dirname(join(root, path)), { recursive: true });
    await Deno.writeTextFile(join(root, path), text);
  }
}

/** Every file below a folder, with its text. */
export async function readFiles(root: string, folder = ""): Promise<Files> {
  const found: Files = {};
  for await (const { name, isDirectory, isSymlink } of Deno.readDir(join(root, folder))) {
    const path = folder ? `${folder}/${name}` : name;
    if (isSymlink) found[path] = `link to ${await Deno.readLink(join(root, path))}`;
    else if (isDirectory) Object.assign(found, await readFiles(root, path));
    else found[path] = await Deno.readTextFile(join(root, path));
  }
  return Object.fromEntries(Object.entries(found).sort());
}
