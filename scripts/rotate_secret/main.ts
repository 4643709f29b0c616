import { main } from "../operate/main.ts";

/** `npm run rotate-secret`: the command of that name of `npm run pipeline`. */
Deno.exit(await main(["rotate-secret", ...Deno.args]));
