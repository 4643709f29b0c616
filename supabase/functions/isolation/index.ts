// The worker in separate processes, for suspects: a document that workers died of is processed alone, so that it can
// harm no other.
import { edgeRuntime } from "../_shared/platform.ts";
import { composeIsolation } from "../worker/compose.ts";

const shutdown = new AbortController();
// The reason is `cpu`, `memory`, `wall_clock`, `early_drop` or `termination`.
addEventListener("beforeunload", (event) => {
  shutdown.abort((event as CustomEvent<{ reason?: string }>).detail?.reason);
});

const app = composeIsolation({ ...edgeRuntime, shutdown: shutdown.signal });
Deno.serve(app.fetch);
