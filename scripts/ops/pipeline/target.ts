import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import postgres from "postgres";
import { createPipelineClient, type PipelineClient } from "../../../client/src/index.ts";
import { isPrivateHost } from "../../../supabase/functions/_providers/private_hosts.ts";
import { findDockerStack } from "../../platform/cli/docker_stack.ts";
import { LOCAL_OPERATOR } from "../../platform/stack/keys.ts";
import type { Place } from "../backup/backup.ts";
import { ErrorWithRemedy, UsageError } from "../../dev/error_with_remedy.ts";
import {
  findStackAt,
  findStackOfFolder,
  type LocalStack,
  noStackOfFolder,
} from "../../platform/stack/running_stack.ts";

/** The pipeline's location and the caller, from the command line and the environment. */
export interface TargetOptions {
  url?: string;
  key?: string;
  databaseUrl?: string;
  accessToken?: string;
  email?: string;
  password?: string;
  secretKey?: string;
  llamaparseUrl?: string;
  llamaparseKey?: string;
}

/**
 * The pipeline of a command. It requires only what the command uses: users' commands need no database, and operators'
 * no account.
 */
export class Target implements AsyncDisposable {
  readonly #options: TargetOptions;
  #local: Promise<LocalStack | undefined> | undefined;
  #sql: postgres.Sql | undefined;

  constructor(options: TargetOptions) {
    this.#options = options;
  }

  /** A connection as the database's owner, which returns numbers as numbers. */
  async database(): Promise<postgres.Sql> {
    return this.#sql ??= open(await this.#databaseUrl());
  }

  /** @throws {UsageError} if the location or the user is unknown */
  async asUser(): Promise<PipelineClient> {
    return createPipelineClient(await this.#signIn());
  }

  /** The embedded local stack, if it is meant and runs. */
  async localUrl(): Promise<string | null> {
    const local = await this.#localStack();
    return local && !local.inDocker ? local.url : null;
  }

  /** Everything that a backup uses. */
  async place(): Promise<Place> {
    const { url, secretKey } = this.#options;
    const databaseUrl = await this.#databaseUrl();
    const local = await this.#localStack();
    const address = url ?? local?.url;
    const key = secretKey ?? local?.secretKey;
    if (!address || !key) {
      throw new UsageError(
        "The URL or the secret key of the files is missing.",
        "Set --url, and the project's secret key with SUPABASE_SECRET_KEY: Project Settings > API Keys.",
      );
    }
    return {
      sql: await this.database(),
      databaseUrl,
      url: address,
      secretKey: key,
    };
  }

  /** LlamaParse's URL and key. */
  async llamaparse(): Promise<{ apiUrl: string; apiKey: string }> {
    const { llamaparseUrl, llamaparseKey } = this.#options;
    const apiUrl = llamaparseUrl ??
      (await this.#localStack())?.llamaparseUrl ??
      "https://api.cloud.llamaindex.ai";
    // The simulator accepts any key.
    const apiKey = llamaparseKey ??
      (isPrivateHost(new URL(apiUrl).hostname) ? "none" : undefined);
    if (apiKey) return { apiUrl, apiKey };
    throw new UsageError(
      "LlamaParse's key is missing.",
      "Set LLAMAPARSE_API_KEY to the functions' key.",
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sql?.end({ timeout: 5 });
  }

  async #databaseUrl(): Promise<string> {
    const { databaseUrl, url } = this.#options;
    if (databaseUrl) {
      if (/^postgres(ql)?:/.test(databaseUrl) && URL.canParse(databaseUrl)) {
        return databaseUrl;
      }
      // The value may contain a password, so it is not repeated.
      throw new UsageError(
        "--database-url is not a Postgres URL.",
        "Use postgresql://role:password@host:port/database; escape reserved letters, such as %40.",
      );
    }
    const local = await this.#localStack();
    if (local) return local.databaseUrl;
    throw url
      ? new UsageError(
        `Unknown database of ${url}.`,
        "Set --database-url or DATABASE_URL: Project Settings > Database, session pooler, role postgres.",
      )
      : await noStackOfFolder();
  }

  async #signIn(): Promise<SupabaseClient> {
    const { url, key, accessToken, email, password } = this.#options;
    const local = await this.#localStack();
    const address = url ?? local?.url;
    if (!address) throw await noStackOfFolder();
    const publishableKey = key ?? local?.publishableKey;
    if (!publishableKey) {
      throw new UsageError(
        `The publishable key of ${address} is missing.`,
        "Set --key or SUPABASE_PUBLISHABLE_KEY: Project Settings > API Keys.",
      );
    }
    if (accessToken) {
      return createClient(address, publishableKey, {
        accessToken: () => Promise.resolve(accessToken),
      });
    }
    const client = createClient(address, publishableKey, {
      auth: { persistSession: false, autoRefreshToken: false },
    });
    if (email && password) return await signedIn(client, { email, password });
    if (email || password || !local) {
      throw new UsageError(
        "No user is given.",
        "Set --email and PIPELINE_PASSWORD, or --access-token or PIPELINE_ACCESS_TOKEN.",
      );
    }
    return await signedInLocally(client);
  }

  /** A stack on this machine; undefined if another pipeline is meant, or none runs. */
  #localStack(): Promise<LocalStack | undefined> {
    const { url, databaseUrl } = this.#options;
    if (!url && databaseUrl) return Promise.resolve(undefined);
    return this.#local ??= url ? findStackAt(url) : findStackHere();
  }
}

/** The embedded stack of this folder, or the one in Docker. */
async function findStackHere(): Promise<LocalStack | undefined> {
  return await findStackOfFolder() ?? await findDockerStack();
}

function open(databaseUrl: string): postgres.Sql {
  return postgres(databaseUrl, {
    max: 2,
    // Compatible with a pooler in between.
    prepare: false,
    connect_timeout: 10,
    onnotice: () => {},
    types: {
      number: { to: 0, from: [20, 1700], serialize: String, parse: Number },
    },
  });
}

interface Credentials {
  email: string;
  password: string;
}

async function signedIn(
  client: SupabaseClient,
  credentials: Credentials,
): Promise<SupabaseClient> {
  const { error } = await client.auth.signInWithPassword(credentials);
  if (!error) return client;
  throw new ErrorWithRemedy(
    `${credentials.email} could not sign in: ${error.message}`,
    "Check the e-mail address, the password and --url.",
    { code: error.code ?? "sign_in_failed", cause: error },
  );
}

/** The local stack's operator is always the same user, so that one command's uploads are there for the next. */
async function signedInLocally(
  client: SupabaseClient,
): Promise<SupabaseClient> {
  const { error } = await client.auth.signInWithPassword(LOCAL_OPERATOR);
  if (!error) return client;
  const signUp = await client.auth.signUp(LOCAL_OPERATOR);
  if (signUp.error) return await signedIn(client, LOCAL_OPERATOR);
  return client;
}
