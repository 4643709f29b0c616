import { ErrorWithRemedy } from "../../../dev/error_with_remedy.ts";
import type { Tally } from "../checks.ts";
import { type Chromium, findChromium } from "./chromium.ts";

/** Runs a check in Chromium; where there is none and none can be had, the check fails and says how to get one. */
export async function withChromium(check: (chromium: Chromium) => Promise<Tally>): Promise<Tally> {
  const chromium = await findChromium(console.log).catch((error) => {
    if (error instanceof ErrorWithRemedy) return error;
    throw error;
  });
  if (!(chromium instanceof ErrorWithRemedy)) return await check(chromium);
  return { passed: 0, skipped: 0, failures: [`${chromium.message} ${chromium.remedy}`] };
}
