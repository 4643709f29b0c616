import { useId } from "preact/hooks";
import "./columns.css";

export interface Stack {
  /** What the column stands for: a day, an hour. */
  title: string;
  /** One value for each series. */
  values: number[];
}

interface Props {
  label: string;
  series: string[];
  stacks: Stack[];
  format(value: number): string;
}

/** Stacked columns over time, at most four series, and the same numbers as a table. */
export function Columns({ label, series, stacks, format }: Props) {
  const id = useId();
  const highest = Math.max(0, ...stacks.map(sum));
  const totals = series.map((_, index) => stacks.reduce((total, { values }) => total + values[index], 0));
  return (
    <figure class="columns" aria-labelledby={id}>
      <figcaption id={id} class="hidden">{label}</figcaption>
      <ul class="columns-legend">
        {series.map((name, index) => (
          <li key={name} class={`series-${index + 1}`}>
            {name} <b>{format(totals[index])}</b>
          </li>
        ))}
      </ul>
      <div class="columns-plot" aria-hidden="true">
        <span class="columns-highest">{format(highest)}</span>
        {stacks.map((stack) => (
          <div key={stack.title} title={describe(stack, series, format)}>
            {stack.values.map((value, index) =>
              value > 0 && (
                <span
                  key={series[index]}
                  class={`series-${index + 1}`}
                  style={{ height: `${(100 * value) / highest}%` }}
                />
              )
            )}
          </div>
        ))}
      </div>
      <div class="columns-ends" aria-hidden="true">
        <span>{stacks[0]?.title}</span>
        <span>{stacks.at(-1)?.title}</span>
      </div>
      <details>
        <summary>As a table</summary>
        <div class="table" role="region" aria-label={label} tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                {series.map((name) => <th key={name} scope="col" class="end">{name}</th>)}
                {series.length > 1 && <th scope="col" class="end">Sum</th>}
              </tr>
            </thead>
            <tbody>
              {stacks.toReversed().map((stack) => (
                <tr key={stack.title}>
                  <th scope="row">{stack.title}</th>
                  {stack.values.map((value, index) => <td key={series[index]} class="end">{format(value)}</td>)}
                  {series.length > 1 && <td class="end">{format(sum(stack))}</td>}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}

function sum({ values }: Stack): number {
  return values.reduce((total, value) => total + value, 0);
}

function describe({ title, values }: Stack, series: string[], format: Props["format"]): string {
  return [title, ...values.map((value, index) => `${series[index]}: ${format(value)}`)].join("\n");
}
