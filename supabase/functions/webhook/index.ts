import { composeWebhook } from "./compose.ts";

const app = composeWebhook();
Deno.serve(app.fetch);
