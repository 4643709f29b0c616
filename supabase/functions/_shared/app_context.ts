import type { Context, Hono } from "hono";
import type { Claims } from "./database.ts";
import type { Fields, Logger } from "./log.ts";

/** What handlers find in their context. */
export interface AppEnv {
  Variables: {
    /** Correlates the answer, the logs and the events of one request. */
    requestId: string;
    /** That the request came from; see `clientAddress`. */
    address: string;
    /** Adds the request id to each line. */
    log: Logger;
    /** Of the error that the request is answered with, if it is one. */
    code?: string;
    /** What the request's line in the log tells beyond what all of them do. */
    particulars?: Fields;
    /** The signed-in user; present behind `requireUser`. */
    claims: Claims;
    /** Counts the user's request, or refuses it; set by apps that limit requests (`countRequests`). */
    admit?: (claims: Claims) => Promise<void>;
    /** The request was counted (`admit`). */
    counted?: boolean;
  };
}

export type App = Hono<AppEnv>;
export type AppContext = Context<AppEnv>;
