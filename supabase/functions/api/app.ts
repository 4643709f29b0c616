import { type App, createApp } from "../_shared/app.ts";
import type { Authenticate } from "../_shared/auth.ts";
import type { Logger } from "../_shared/log.ts";
import type { Embedder } from "../_shared/openai.ts";
import type { Storage } from "../_shared/storage.ts";
import type { Accounts } from "./accounts.ts";
import type { ApiQueries } from "./queries.ts";
import { authRoutes } from "./routes/auth.ts";
import { documentRoutes } from "./routes/documents.ts";
import { healthRoutes } from "./routes/health.ts";
import { searchRoutes } from "./routes/search.ts";
import { uploadRoutes } from "./routes/upload.ts";

/** What the API works with. Tests pass their own; `compose.ts` makes the real ones. */
export interface ApiDeps {
  queries: ApiQueries;
  storage: Storage;
  authenticate: Authenticate;
  accounts: Accounts;
  /** Puts questions into the space that the chunks' vectors live in. */
  embedder: Embedder;
  logger: Logger;
  version: string;
}

export function createApi(deps: ApiDeps): App {
  const app = createApp("api", deps);
  app.route("/api", uploadRoutes(deps));
  app.route("/api", documentRoutes(deps));
  app.route("/api", searchRoutes(deps));
  app.route("/api", authRoutes(deps));
  app.route("/api", healthRoutes(deps));
  return app;
}
