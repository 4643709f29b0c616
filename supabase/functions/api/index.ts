import { composeApi } from "./compose.ts";

const app = composeApi();
Deno.serve(app.fetch);
