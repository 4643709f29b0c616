import { edgeRuntime } from "../_shared/platform.ts";
import { composeWorker } from "./compose.ts";

const shutdown = new AbortController();
// The reason is `cpu`, `memory`, `wall_clock`, `early_drop` or `termination`.
addEventListener("beforeunload", (event) => {
  shutdown.abort((event as CustomEvent<{ reason?: string }>).detail?.reason);
});

const app = composeWorker({ ...edgeRuntime, shutdown: shutdown.signal });
Deno.serve(app.fetch);
