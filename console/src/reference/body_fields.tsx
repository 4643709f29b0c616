import { Table } from "../parts/table.tsx";
import { Code } from "./code.tsx";
import { fieldsOf, type Schema } from "./document.ts";
import { Type } from "./type.tsx";

/** The fields of a body, or its type if it has none. */
export function BodyFields({ name, schema }: { name: string; schema: Schema }) {
  const fields = fieldsOf(schema);
  if (fields.length === 0) {
    return (
      <p>
        <Type schema={schema} />
      </p>
    );
  }
  return (
    <Table
      label={`Fields of ${name}`}
      rows={fields}
      keyOf={({ name }) => name}
      empty={null}
      columns={[
        {
          title: "Field",
          cell: ({ name, isRequired }) => (
            <>
              <code>{name}</code>
              {!isRequired && <small>, optional</small>}
            </>
          ),
        },
        { title: "Type", cell: ({ schema }) => <Type schema={schema} /> },
        { title: "Meaning", cell: ({ schema }) => <Code text={schema.description ?? ""} /> },
      ]}
    />
  );
}
