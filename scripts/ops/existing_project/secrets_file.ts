import { parseEnv } from "node:util";
import { FOLDER } from "../project/manifest.ts";

export const SECRETS = `${FOLDER}/secrets.env`;
export const VAULT = `${FOLDER}/vault.sql`;
export const LOCAL_VAULT = `${FOLDER}/vault.local.sql`;
export const IGNORED = `${FOLDER}/.gitignore`;
export const LOCK = `${FOLDER}/lock`;

/** The files of the pipeline's folder that are never committed. */
export const PRIVATE = [SECRETS, VAULT, LOCAL_VAULT];

export const IGNORED_TEXT = [...PRIVATE, LOCK].map((path) => `/${path.slice(FOLDER.length + 1)}\n`).join("");

/** What replaces the project's reference as long as it is unknown. */
const UNKNOWN = "<project_ref>";

/** The keys that only the operator has. */
const KEYS = ["LLAMAPARSE_API_KEY", "OPENAI_API_KEY"];
const GENERATED = ["WEBHOOK_SIGNING_SECRET", "WORKER_SECRET"];

export function newSecrets(): Record<string, string> {
  return Object.fromEntries([
    ...KEYS.map((name) => [name, ""]),
    ...GENERATED.map((name) => [name, crypto.getRandomValues(new Uint8Array(32)).toHex()]),
  ]);
}

export function secretsText(secrets: Record<string, string>): string {
  return `# The secrets of the document pipeline's functions. Git ignores this file: keep a copy where you keep secrets.
# Enter the keys of LlamaParse and OpenAI, then: npx supabase secrets set --env-file ${SECRETS}
${Object.entries(secrets).map(([name, value]) => `${name}=${value}\n`).join("")}`;
}

export function readSecretsText(text: string): Record<string, string> {
  return parseEnv(text) as Record<string, string>;
}

/** The secrets that a file lacks. */
export function missingSecrets(secrets: Record<string, string>, names = [...KEYS, ...GENERATED]): string[] {
  return names.filter((name) => !secrets[name]);
}

/** Whether a file is as it was generated: the operator has entered nothing. */
export function isUntouched(text: string): boolean {
  const secrets = readSecretsText(text);
  return text === secretsText(secrets) && KEYS.every((name) => secrets[name] === "") &&
    Object.keys(secrets).length === KEYS.length + GENERATED.length;
}

/** A statement that stores what the database needs to call the functions. It may be repeated. */
export function vaultText(secrets: Record<string, string>, functionsUrl: string): string {
  const rows = [
    ["pipeline_functions_url", functionsUrl],
    ["pipeline_worker_secret", secrets.WORKER_SECRET],
    ["pipeline_webhook_signing_secret", secrets.WEBHOOK_SIGNING_SECRET],
  ].map(([name, secret]) => `    ('${name}', '${secret.replaceAll("'", "''")}')`);
  return `-- Stores what the database needs to call the document pipeline's functions. Git ignores this file; it holds secrets.
-- npm run init writes it from secrets.env, and writes it again when that or the project's address changes.
do $pipeline$
declare
  v record;
begin
  for v in select * from (values
${rows.join(",\n")}) s (name, secret) loop
    if v.secret like '%<%' then
      raise exception 'The project''s address is missing: replace ${UNKNOWN} in this file.';
    end if;
    if exists (select from vault.secrets where name = v.name) then
      perform vault.update_secret((select id from vault.secrets where name = v.name), v.secret);
    else
      perform vault.create_secret(v.secret, v.name);
    end if;
  end loop;
end $pipeline$;
`;
}

export function hostedUrl(projectRef: string | undefined): string {
  return `https://${projectRef ?? UNKNOWN}.supabase.co/functions/v1`;
}

/** The functions of `supabase start`, as its Postgres reaches them from its container. */
export function dockerUrl(port: number): string {
  return `http://host.docker.internal:${port}/functions/v1`;
}
