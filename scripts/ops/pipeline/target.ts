import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import postgres from "postgres";
import {
  createPipelineClient,
  type PipelineClient,
} from "../../../client/pipeline_client.ts";
import { isPrivateHost } from "../../../supabase/functions/_providers/private_hosts.ts";
import type { Place } from "../backup/backup.ts";
import { LOCAL_KEYS } from "../../platform/stack/keys.ts";
import { urlFor } from "../../platform/stack/postgres/roles.ts";
import { ErrorWithRemedy, UsageError } from "../../dev/error_with_remedy.ts";
import {
  findLocalStack,
  LOCAL_URL,
  type LocalStack,
} from "../../platform/stack/running_stack.ts";

/** Of the local stack alone, where it protects nothing. */
const LOCAL_USER = {
  email: "operator@example.com",
  password: "local-operator-1-protects-nothing",
};

/** Where the pipeline is and who asks, as far as the command line and the environment say. */
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
 * The pipeline that a command works on. What a command does not need is not asked for: its users' commands need no
 * database, and its operator's no account.
 */
export class Target implements AsyncDisposable {
  readonly #options: TargetOptions;
  #local: Promise<LocalStack | null> | undefined;
  #sql: postgres.Sql | undefined;

  constructor(options: TargetOptions) {
    this.#options = options;
  }

  /** The database, as its owner. Numbers come as numbers. */
  async database(): Promise<postgres.Sql> {
    return this.#sql ??= open(await this.#databaseUrl());
  }

  /** @throws {UsageError} if nobody says where it is, or who asks */
  async asUser(): Promise<PipelineClient> {
    return createPipelineClient(await this.#signIn());
  }

  /** The address of the local stack, where that is meant and runs. */
  async localUrl(): Promise<string | null> {
    return (await this.#localStack())?.url ?? null;
  }

  /** All that a backup reaches. */
  async place(): Promise<Place> {
    const { url, secretKey } = this.#options;
    const databaseUrl = await this.#databaseUrl();
    const local = await this.#localStack();
    const address = url ?? local?.url;
    const key = secretKey ?? (local && LOCAL_KEYS.secretKey);
    if (!address || !key) {
      throw new UsageError(
        "Nobody says where the files are, or with which key they are read.",
        "Give --url, and the project's secret key with SUPABASE_SECRET_KEY: Project Settings > API Keys.",
      );
    }
    return {
      sql: await this.database(),
      databaseUrl,
      url: address,
      secretKey: key,
    };
  }

  /** Where LlamaParse answers, and the key to it. */
  async llamaparse(): Promise<{ apiUrl: string; apiKey: string }> {
    const { llamaparseUrl, llamaparseKey } = this.#options;
    const apiUrl = llamaparseUrl ??
      (await this.#localStack())?.llamaparseUrl ??
      "https://api.cloud.llamaindex.ai";
    // The simulator takes any key.
    const apiKey = llamaparseKey ??
      (isPrivateHost(new URL(apiUrl).hostname) ? "none" : undefined);
    if (apiKey) return { apiUrl, apiKey };
    throw new UsageError(
      "Nobody says with which key LlamaParse is asked.",
      "Set LLAMAPARSE_API_KEY to the key that the functions have.",
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
      // It may hold a password, so it is not repeated.
      throw new UsageError(
        "--database-url is no address of a Postgres database.",
        "It reads postgresql://role:password@host:port/database; letters that URLs reserve are written as %40 and the like.",
      );
    }
    const local = await this.#localStack();
    if (local) return urlFor("postgres", local.databasePort);
    throw url
      ? new UsageError(
        `Nobody says where the database of ${url} is.`,
        "Give its address with --database-url or DATABASE_URL: Project Settings > Database, session pooler, role postgres.",
      )
      : nothingThere();
  }

  async #signIn(): Promise<SupabaseClient> {
    const { url, key, accessToken, email, password } = this.#options;
    const local = await this.#localStack();
    const address = url ?? local?.url;
    if (!address) throw nothingThere();
    const publishableKey = key ?? (local && LOCAL_KEYS.publishableKey);
    if (!publishableKey) {
      throw new UsageError(
        `Nobody says with which key ${address} is called.`,
        "Give the project's publishable key with --key or SUPABASE_PUBLISHABLE_KEY: Project Settings > API Keys.",
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
        "Nobody says who asks.",
        "Give --email and PIPELINE_PASSWORD, or an access token with --access-token or PIPELINE_ACCESS_TOKEN.",
      );
    }
    return await signedInLocally(client);
  }

  /** The stack of this repository; null where another pipeline is meant, or none runs. */
  #localStack(): Promise<LocalStack | null> {
    const { url, databaseUrl } = this.#options;
    if (!url && databaseUrl) return Promise.resolve(null);
    return this.#local ??= findLocalStack(url ?? LOCAL_URL);
  }
}

function open(databaseUrl: string): postgres.Sql {
  return postgres(databaseUrl, {
    max: 2,
    // So that a pooler may stand in between.
    prepare: false,
    connect_timeout: 10,
    onnotice: () => {},
    types: {
      number: { to: 0, from: [20, 1700], serialize: String, parse: Number },
    },
  });
}

function nothingThere(): UsageError {
  return new UsageError(
    `No stack answers at ${LOCAL_URL}, and no other pipeline was named.`,
    "Start it with npm run stack, or name one with --url and --database-url.",
  );
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

/** What is uploaded by one command is there for the next: the local stack's operator is always the same user. */
async function signedInLocally(
  client: SupabaseClient,
): Promise<SupabaseClient> {
  const { error } = await client.auth.signInWithPassword(LOCAL_USER);
  if (!error) return client;
  const signUp = await client.auth.signUp(LOCAL_USER);
  if (signUp.error) return await signedIn(client, LOCAL_USER);
  return client;
}
