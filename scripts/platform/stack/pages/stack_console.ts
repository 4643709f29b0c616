import { buildConsole } from "../../../dev/build/console.ts";
import { ErrorWithRemedy } from "../../../dev/error_with_remedy.ts";
import { REPOSITORY } from "../../../dev/repository.ts";
import { type ConsoleSite, consoleSite } from "../../console/site.ts";
import type { ConsoleSettings } from "../../console/settings.ts";
import { answer, escapeHtml, pageOf } from "./page.ts";

/** The console of this stack, built when it is first opened. A build that fails is a page that says why. */
export function stackConsole(settings: ConsoleSettings, build = () => buildConsole(REPOSITORY)): ConsoleSite {
  const site = consoleSite(build, settings);
  return async (request) => {
    try {
      return await site(request);
    } catch (error) {
      if (!(error instanceof ErrorWithRemedy)) throw error;
      return answer(
        pageOf(
          "The console could not be built",
          `<h1>The console could not be built</h1>
<pre>${escapeHtml(error.message)}</pre>
<p>${escapeHtml(error.remedy)}</p>
<p><a href="/_stack/">The stack's page</a></p>`,
        ),
        "html",
        500,
      );
    }
  };
}
