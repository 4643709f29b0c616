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

/** What the API works with. Tests pass their own; `compose.ts` makes the real ones. */
export interface ApiDeps {
  queries: ApiQueries;
  storage: Storage;
  authenticate: Authenticate;
  limiter: RateLimiter;
  idempotencyKeys: IdempotencyKeys;
  accounts: Accounts;
  audit: AuditLog;
  signIns: SignIns;
  /** Puts questions into the space that the chunks' vectors live in. */
  embedder: Embedder;
  logger: Logger;
  /** The origins whose pages may read the answers; all of them if left out. */
  corsOrigins?: string[];
  /** Tells where requests came from; `x-forwarded-for` if left out. */
  addressHeader?: AddressHeader;
  version: string;
  /** What Prometheus shows to read the metrics; without it nobody may. */
  metricsSecrets?: readonly string[];
  meter?: RequestMeter;
}
