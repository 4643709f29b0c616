import type { Authorization } from "./authorization.ts";
import type { RealtimeLimits } from "./limits.ts";
import type { Rate } from "./rate.ts";
import type { TokenKeys } from "./tokens.ts";
import type { Topics } from "./topics.ts";

/** What all connections of the project share. */
export interface Tenant {
  keys: TokenKeys;
  authorization: Authorization;
  limits: RealtimeLimits;
  /** True: only private channels may be joined. */
  privateOnly: boolean;
  joins: Rate;
  messages: Rate;
  topics: Topics;
  /** Tells the developer what was refused. */
  log(code: string, message: string, topic?: string): void;
}
