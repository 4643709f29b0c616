import { useState } from "preact/hooks";
import { Field } from "../parts/field.tsx";
import { API, findRoutes } from "./document.ts";
import { Code } from "./code.tsx";
import { RouteDescription } from "./route_description.tsx";
import { BodyFields } from "./body_fields.tsx";

/** Every route of the API, from its OpenAPI document. */
export function Reference({ project }: { project: string | undefined }) {
  const [question, setQuestion] = useState("");
  const groups = findRoutes(API, question);
  const base = `${project ?? ""}${API.servers[0].url}`;
  const count = groups.reduce((sum, { routes }) => sum + routes.length, 0);
  return (
    <div class="reference">
      <header>
        <a href="./">Console</a>
        <Field
          label="Find routes"
          hint={`${count} of ${findRoutes(API).flatMap(({ routes }) => routes).length} routes`}
        >
          <input type="search" value={question} onInput={(event) => setQuestion(event.currentTarget.value)} />
        </Field>
        <nav aria-label="Routes">
          {groups.map(({ name, routes }) => (
            <section key={name}>
              <h2>{name}</h2>
              <ul>
                {routes.map(({ operationId, method, path }) => (
                  <li key={operationId}>
                    <a href={`#${operationId}`}>
                      <span class={`method ${method}`}>{method}</span> {path.replace(/^\/api/, "")}
                    </a>
                  </li>
                ))}
              </ul>
            </section>
          ))}
        </nav>
      </header>
      <main>
        <h1>API reference</h1>
        <p>
          Paths are below <code>{base}</code>. <Code text={API.info.description} />
        </p>
        <p>
          {project && (
            <>
              <a href={`${base}/api/openapi.json`} rel="noreferrer">The OpenAPI document</a>{" "}
              of this project is for tools.{" "}
            </>
          )}
          <code>$TOKEN</code> is the access token of a signed-in user, as <a href="#login">signing in</a> answers it.
        </p>
        {count === 0 && <p class="empty">No route has these words.</p>}
        {groups.map(({ name, description, routes }) => (
          <section key={name} class="stack" aria-label={name}>
            <h2>{name}</h2>
            <p class="muted">
              <Code text={description} />
            </p>
            {routes.map((route) => <RouteDescription key={route.operationId} {...{ route, base }} />)}
          </section>
        ))}
        <section class="stack" aria-label="Bodies">
          <h2>Bodies</h2>
          {Object.entries(API.components.schemas).map(([name, schema]) => (
            <article key={name} id={`body-${name}`} class="panel">
              <h3>{name}</h3>
              <BodyFields {...{ name, schema }} />
            </article>
          ))}
        </section>
      </main>
    </div>
  );
}
