import type { Embedder } from "../_providers/openai.ts";
import type { Storage } from "../_providers/storage.ts";
import type { AuditLog } from "../_shared/audit.ts";
import type { AddressHeader } from "../_shared/client_address.ts";
import type { Logger } from "../_shared/log.ts";
import type { RequestMeter } from "../_shared/request_meter.ts";
import type { Accounts } from "./accounts.ts";
import type { Authenticate } from "./auth.ts";
import type { IdempotencyKeys } from "./idempotency.ts";
import type { ApiQueries } from "./queries.ts";
import type { RateLimiter } from "./rate_limit.ts";
import type { SignIns } from "./sign_ins.ts";

/** The API's collaborators. Tests pass their own; `compose.ts` creates the real ones. */
export interface ApiDeps {
  queries: ApiQueries;
  storage: Storage;
  authenticate: Authenticate;
  limiter: RateLimiter;
  idempotencyKeys: IdempotencyKeys;
  accounts: Accounts;
  audit: AuditLog;
  signIns: SignIns;
  /** Embeds questions with the model that embeds the chunks. */
  embedder: Embedder;
  logger: Logger;
  /** The origins whose pages may read the responses; all of them if omitted. */
  corsOrigins?: string[];
  /**
   * The header that holds the caller's address; `x-forwarded-for` if omitted.
   */
  addressHeader?: AddressHeader;
  version: string;
  /** The bearer tokens that may read the metrics; without any, the route is closed. */
  metricsSecrets?: readonly string[];
  meter?: RequestMeter;
}
