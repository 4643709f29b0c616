import { edgeRuntime } from "../_shared/platform.ts";
import { composeWebhook } from "./compose.ts";

const app = composeWebhook(edgeRuntime);
Deno.serve(app.fetch);
