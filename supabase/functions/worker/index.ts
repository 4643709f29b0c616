import { edgeRuntime } from "../_shared/platform.ts";
import { composeWorker } from "./compose.ts";

const shutdown = new AbortController();
addEventListener("beforeunload", () => shutdown.abort());

const app = composeWorker({ ...edgeRuntime, shutdown: shutdown.signal });
Deno.serve(app.fetch);
