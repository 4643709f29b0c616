import { edgeRuntime } from "../_shared/platform.ts";
import { composeApi } from "./compose.ts";

const app = composeApi(edgeRuntime);
Deno.serve(app.fetch);
