// The worker once more, with processes of its own: here a document that workers died of is tried by itself, so that whatever it
// does to this one nobody else has work in it.
import { edgeRuntime } from "../_shared/platform.ts";
import { composeIsolation } from "../worker/compose.ts";

const shutdown = new AbortController();
// Its reason is `cpu`, `memory`, `wall_clock`, `early_drop` or `termination`.
addEventListener("beforeunload", (event) => {
  shutdown.abort((event as CustomEvent<{ reason?: string }>).detail?.reason);
});

const app = composeIsolation({ ...edgeRuntime, shutdown: shutdown.signal });
Deno.serve(app.fetch);
