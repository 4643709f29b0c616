import { answer, pageOf, STYLE, STYLE_PATH } from "./page.ts";
import { readProjectFile } from "./project_files.ts";
import { startPage, type StartPageFacts } from "./start_page.ts";

const START_PATH = "/_stack/";
const FILES_PATH = "/_stack/files/";

/**
 * The stack's own pages: the start page, and the project's documents. They only read.
 * @param folder the project's
 */
export function stackPages(
  folder: string,
  facts: StartPageFacts,
): (request: Request) => Promise<Response> {
  return async (request) => {
    if (!["GET", "HEAD"].includes(request.method)) {
      return Response.json({ message: "Method not allowed" }, { status: 405, headers: { allow: "GET, HEAD" } });
    }
    const { pathname } = new URL(request.url);
    if (pathname === START_PATH) return answer(startPage(facts), "html");
    if (pathname === STYLE_PATH) return answer(STYLE, "css");
    const path = pathname.startsWith(FILES_PATH) ? decoded(pathname.slice(FILES_PATH.length)) : undefined;
    const file = path && await readProjectFile(folder, path);
    if (file) return answer(file.content, file.type);
    return answer(
      pageOf("Not found", '<h1>Not found</h1>\n<p><a href="/_stack/">The stack\'s page</a></p>'),
      "html",
      404,
    );
  };
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    // Not UTF-8: no file of the project.
    return undefined;
  }
}
