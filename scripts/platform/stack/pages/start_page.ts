import { LOCAL_KEYS, LOCAL_OPERATOR } from "../keys.ts";
import { escapeHtml, pageOf } from "./page.ts";

/** What the page says of the stack that serves it. */
export interface StartPageFacts {
  /** The gateway's URL. */
  url: string;
  databaseUrl: string;
}

/** Commands that work while the stack runs, as `npm start` prints them. */
const COMMANDS = [
  ["npm run pipeline -- upload your.pdf --watch", "sends a PDF and waits until it is searchable"],
  ['npm run pipeline -- search "your question"', "searches what was sent so"],
  ["npm run pipeline -- list", "lists it"],
  ["npm run pipeline -- why", "says what keeps documents from being finished, and what to do"],
  ["npm run pipeline -- watch", "shows stages, queues and providers until Ctrl-C"],
  ['npm start -- your.pdf --ask "your question"', "takes a PDF to an answer, as a new user"],
  ["npm run doctor", "checks every requirement of the pipeline"],
];
const DOCUMENTS = [
  ["README.md", "README", "what this is"],
  ["docs/using/first-document.md", "The first document", "from upload to an answer, with curl and TypeScript"],
  ["docs/reference/api.md", "API", "every route, from its OpenAPI description"],
  ["docs/reference/cli.md", "Command line", "every command and option"],
  ["docs/README.md", "Documentation", "the index of all pages"],
];

/** The page about the stack itself, beside the console. */
export function startPage({ url, databaseUrl }: StartPageFacts): string {
  const api = `${url}/functions/v1/api`;
  return pageOf(
    "Document pipeline",
    `<h1>Document pipeline</h1>
<p>This is the local stack of the document pipeline. It is up.</p>
<h2>Look</h2>
<ul>
<li>${link("/", "Console")}: upload, follow and search documents, and operate the pipeline</li>
<li>${link("/reference.html", "API reference")}: every route, with what it takes and answers</li>
<li>${link(`${api}/health`, "Health")}: whether the API can serve, part by part</li>
<li>${link(`${api}/openapi.json`, "OpenAPI")}: the API's description, for tools</li>
${DOCUMENTS.map(([path, name, about]) => `<li>${link(`/_stack/files/${path}`, name)}: ${about}</li>`).join("\n")}
</ul>
<h2>Use</h2>
<p>In another terminal, in the project's folder:</p>
${table(COMMANDS.map(([command, does]) => [code(command), escapeHtml(does)]))}
<h2>Connect</h2>
${
      table([
        ["Supabase URL", code(url)],
        ["API", code(api)],
        ["Publishable key", code(LOCAL_KEYS.publishableKey)],
        ["Secret key", code(LOCAL_KEYS.secretKey)],
        ["Database", code(databaseUrl)],
        [
          "Operator, and user of the commands",
          `${code(LOCAL_OPERATOR.email)}, password ${code(LOCAL_OPERATOR.password)}`,
        ],
      ])
    }
<p>The keys and passwords are the same on every machine and protect nothing. <code>npm start</code> shows the sign-in of its own user, a new one each time.</p>`,
  );
}

const code = (text: string) => `<code>${escapeHtml(text)}</code>`;
const link = (href: string, name: string) => `<a href="${escapeHtml(href)}">${escapeHtml(name)}</a>`;

function table(rows: string[][]): string {
  const lines = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`);
  return `<table>\n${lines.join("\n")}\n</table>`;
}
