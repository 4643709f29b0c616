import type { Context, Hono } from "hono";
import type { Claims } from "./database.ts";
import type { Fields, Logger } from "./log.ts";

/** The variables that handlers find in their context. */
export interface AppEnv {
  Variables: {
    /** Correlates the response, the logs and the events of one request. */
    requestId: string;
    /** The address that the request came from; see `clientAddress`. */
    address: string;
    /** Adds the request id to each line. */
    log: Logger;
    /** The code of the error that the request is answered with, if any. */
    code?: string;
    /** Further fields of the request's log line. */
    particulars?: Fields;
    /** The signed-in user; present behind `requireUser`. */
    claims: Claims;
    /** Counts the user's request, or refuses it; set by apps with rate limits (`countRequests`). */
    admit?: (claims: Claims) => Promise<void>;
    /** The request was counted (`admit`). */
    counted?: boolean;
  };
}

export type App = Hono<AppEnv>;
export type AppContext = Context<AppEnv>;
