// What packages take for global, as Node has it, and hosted's Deno gives only to packages that it loads itself.
export { Buffer } from "node:buffer";
export { clearImmediate, setImmediate } from "node:timers";
