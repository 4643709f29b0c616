import { Fragment } from "preact";
import { describeType, nameOf, type Schema } from "./document.ts";

/** What a value may be; a body that is described apart is a link. */
export function Type({ schema }: { schema: Schema }) {
  const name = nameOf(schema);
  if (name) return <a href={`#body-${name}`}>{name}</a>;
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) {
    return (
      <>
        {choices.map((choice, index) => (
          <Fragment key={index}>
            {index > 0 && " or "}
            <Type schema={choice} />
          </Fragment>
        ))}
      </>
    );
  }
  const values = schema.const !== undefined ? [schema.const] : schema.enum;
  if (values) {
    return (
      <>
        {values.map((value, index) => (
          <Fragment key={index}>
            {index > 0 && ", "}
            <code>{JSON.stringify(value)}</code>
          </Fragment>
        ))}
      </>
    );
  }
  if (schema.items) {
    return (
      <>
        array of <Type schema={schema.items} />
      </>
    );
  }
  return <>{describeType(schema)}</>;
}
