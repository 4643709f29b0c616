import { unsetAuthConfig } from "./auth_config.ts";

/** A function as it was uploaded: nothing but what the CLI sent. */
export interface FunctionUpload {
  slug: string;
  metadata: UploadMetadata;
  files: UploadedFile[];
}

export interface UploadMetadata {
  name: string;
  /** Where it starts, as a path among the files. */
  entrypoint_path: string;
  /** The import map among the files; absent if the CLI found none. */
  import_map_path?: string;
  verify_jwt: boolean;
}

export interface UploadedFile {
  /** Relative to the folder that holds `supabase/`. */
  path: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** A project as the Management API knows it: given facts, and what requests have set. */
export interface HostedProject {
  /** Twenty lower-case letters. */
  ref: string;
  name: string;
  publishableKey: string;
  secretKey: string;
  /**
   * Where its Postgres is reached; without the password, as the API gives it.
   */
  database: DatabaseAddress;
  /** Who reaches that. */
  access: DatabaseAccess;
  secrets: Map<string, string>;
  config: {
    api: Record<string, unknown>;
    auth: Record<string, unknown>;
    storage: Record<string, unknown>;
  };
  /** By slug. */
  functions: Map<string, DeployedFunction>;
}

export interface DatabaseAddress {
  host: string;
  port: number;
  user: string;
}

/** The rules that Postgres and its pooler have for connections. */
export interface DatabaseAccess {
  sslEnforced: boolean;
  /** Undefined until rules are applied for the first time: everybody may connect. */
  networks?: AllowedNetworks;
}

export interface AllowedNetworks {
  dbAllowedCidrs: string[];
  dbAllowedCidrsV6: string[];
}

export interface DeployedFunction {
  /** Uploads that the project has served, counted. */
  version: number;
  upload: FunctionUpload;
  updatedAt: number;
}

/** A new project, as the dashboard makes it. */
export function newProject(
  facts: Pick<
    HostedProject,
    "ref" | "name" | "publishableKey" | "secretKey" | "database"
  >,
): HostedProject {
  return {
    ...facts,
    secrets: new Map(),
    functions: new Map(),
    access: { sslEnforced: false },
    config: {
      api: {
        db_schema: "public,graphql_public",
        db_extra_search_path: "public, extensions",
        max_rows: 1000,
        db_pool: null,
        db_pool_acquisition_timeout: 10,
      },
      auth: unsetAuthConfig(),
      storage: {
        fileSizeLimit: 52_428_800,
        features: {
          imageTransformation: { enabled: false },
          s3Protocol: { enabled: true },
        },
      },
    },
  };
}
