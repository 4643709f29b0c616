import { Table } from "../parts/table.tsx";
import { BodyFields } from "./body_fields.tsx";
import { Code } from "./code.tsx";
import { curlOf, type Route } from "./document.ts";
import { Type } from "./type.tsx";

/** One route: what it does, takes and answers. */
export function RouteDescription({ route, base }: { route: Route; base: string }) {
  const { operationId, method, path, summary, description, security, parameters = [], requestBody, responses } = route;
  const name = `${method} ${path}`;
  return (
    <article id={operationId} class="panel">
      <div class="panel-head">
        <h3>
          <a href={`#${operationId}`}>
            <span class={`method ${method}`}>{method}</span> <code>{path}</code>
          </a>
        </h3>
        <small>{security ? "without sign-in" : "signed in"}</small>
      </div>
      <p>
        <strong>{summary}.</strong> {description && <Code text={description} />}
      </p>
      {parameters.length > 0 && (
        <Table
          label={`Parameters of ${name}`}
          rows={parameters}
          keyOf={({ in: place, name }) => `${place} ${name}`}
          empty={null}
          columns={[
            {
              title: "Parameter",
              cell: ({ name, required }) => (
                <>
                  <code>{name}</code>
                  {!required && <small>, optional</small>}
                </>
              ),
            },
            { title: "In", cell: ({ in: place }) => place },
            { title: "Type", cell: ({ schema }) => <Type schema={schema} /> },
            {
              title: "Meaning",
              cell: ({ description, schema }) => <Code text={description ?? schema.description ?? ""} />,
            },
          ]}
        />
      )}
      {Object.entries(requestBody?.content ?? {}).map(([mediaType, { schema }]) => (
        <div key={mediaType} class="stack">
          <p>
            Body, <code>{mediaType}</code>:
          </p>
          <BodyFields name={`${mediaType} of ${name}`} schema={schema} />
        </div>
      ))}
      <Table
        label={`Answers of ${name}`}
        rows={Object.entries(responses)}
        keyOf={([status]) => status}
        empty={null}
        columns={[
          { title: "Status", cell: ([status]) => <code>{status}</code> },
          { title: "Meaning or codes", cell: ([, { description }]) => <Code text={description} /> },
          {
            title: "Body",
            cell: ([, { content = {} }]) =>
              Object.values(content).map(({ schema }, index) => <Type key={index} schema={schema} />),
          },
        ]}
      />
      <details>
        <summary>With curl</summary>
        <pre tabIndex={0} aria-label={`${name} with curl`}>{curlOf(route, base)}</pre>
      </details>
    </article>
  );
}
