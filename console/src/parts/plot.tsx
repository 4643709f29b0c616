import { useEffect, useId, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import { language } from "../language.ts";
import { useTheme } from "../theme.ts";
import { ErrorNotice } from "./notices.tsx";
import { latestOf, lonePoints, type Series, type Step, tellingSteps } from "./series.ts";
import { Table } from "./table.tsx";
import "./plot.css";

interface Props {
  /** What is plotted, for those who do not see it. */
  label: string;
  /** When each step begins, in seconds since 1970. */
  times: number[];
  /** At most four. */
  series: Series[];
  format(value: number): string;
}

/** The steps that the table has: more would only be scrolled past. */
const MOST_ROWS = 100;

/** Lines over time, and the same numbers as a table. The library that draws them loads when it is first needed. */
export function Plot({ label, times, series, format }: Props) {
  const id = useId();
  const [shown, setShown] = useState<number>();
  const [error, setError] = useState<unknown>();
  const [isTable, setTable] = useState(false);
  const canvas = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLUListElement>(null);
  const appearance = useAppearance();
  const data: uPlot.AlignedData = [times, ...series.map(({ values }) => values)];
  const drawn = useRef<uPlot>();
  const latest = useRef({ data, format });
  latest.current = { data, format };
  const labels = series.map(({ label }) => label).join("\n");

  useEffect(() => {
    let isGone = false;
    let stop = () => {};
    loadPlot().then((Plot) => {
      if (isGone) return;
      const options = optionsOf(canvas.current!, legend.current!, (value) => latest.current.format(value), setShown);
      const plot = new Plot(options, latest.current.data, canvas.current!);
      const watcher = new ResizeObserver(() => plot.setSize(sizeOf(canvas.current!)));
      watcher.observe(canvas.current!);
      drawn.current = plot;
      stop = () => {
        watcher.disconnect();
        plot.destroy();
        drawn.current = undefined;
      };
    }, setError);
    return () => {
      isGone = true;
      stop();
    };
  }, [appearance, labels]);
  useEffect(() => drawn.current?.setData(data), [times, series]);

  const at = shown !== undefined && shown < times.length ? shown : undefined;
  return (
    <figure class="plot" aria-labelledby={id}>
      <figcaption id={id} class="hidden">{label}</figcaption>
      <ul class="plot-legend" ref={legend}>
        {series.map((each, index) => {
          const value = at === undefined ? latestOf(each)?.value : each.values[at];
          return (
            <li key={each.label} class={`series-${index + 1}`}>
              <span>
                {each.label} <b>{value == null ? "–" : format(value)}</b>
              </span>
            </li>
          );
        })}
        <li class="plot-at">{at === undefined ? "latest" : momentOf(times[at], times)}</li>
      </ul>
      <ErrorNotice error={error} />
      <div class="plot-canvas" ref={canvas} aria-hidden="true" />
      <details onToggle={(event) => setTable(event.currentTarget.open)}>
        <summary>As a table</summary>
        {isTable && (
          <Table
            label={label}
            rows={tellingSteps(times, series, MOST_ROWS)}
            keyOf={({ at }) => at}
            empty="Nothing happened in this time."
            columns={[
              { title: "From", cell: ({ at }) => momentOf(at, times) },
              ...series.map(({ label, values }) => ({
                title: label,
                align: "end" as const,
                cell: ({ index }: Step) => values[index] == null ? "–" : format(values[index]),
              })),
            ]}
          />
        )}
      </details>
    </figure>
  );
}

let loading: Promise<typeof uPlot> | undefined;

async function loadPlot(): Promise<typeof uPlot> {
  loading ??= Promise.all([import("uplot"), import("uplot/dist/uPlot.min.css")]).then(([{ default: Plot }]) => Plot);
  try {
    return await loading;
  } catch (error) {
    // The next plot tries again.
    loading = undefined;
    throw error;
  }
}

/** Changes whenever colours do: by the user's choice here, or by the system's. */
function useAppearance(): string {
  const theme = useTheme();
  const [isDark, setDark] = useState(() => matchMedia("(prefers-color-scheme: dark)").matches);
  useEffect(() => {
    const query = matchMedia("(prefers-color-scheme: dark)");
    const change = () => setDark(query.matches);
    query.addEventListener("change", change);
    return () => query.removeEventListener("change", change);
  }, []);
  return `${theme} ${isDark}`;
}

/** A canvas knows no variables: its colours are those of the elements around it. */
function optionsOf(
  canvas: HTMLElement,
  legend: HTMLElement,
  format: (value: number) => string,
  onStep: (index: number | undefined) => void,
): uPlot.Options {
  const colours = [...legend.querySelectorAll("[class^=series]")].map((each) => getComputedStyle(each).color);
  const { color: text, borderTopColor: line, fontFamily } = getComputedStyle(canvas);
  const font = `12px ${fontFamily}`;
  const grid = { stroke: line, width: 1 };
  return {
    ...sizeOf(canvas),
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: { y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] } },
    axes: [
      {
        stroke: text,
        font,
        grid: { show: false },
        ticks: grid,
        values: (_, at) => at.map((each) => momentOf(each, at)),
        space: 80,
      },
      { stroke: text, font, grid, ticks: { show: false }, size: 64, values: (_, values) => values.map(format) },
    ],
    series: [
      {},
      ...colours.map((stroke, index): uPlot.Series => ({
        stroke,
        width: 2,
        points: {
          show: true,
          size: 4,
          fill: stroke,
          filter: (plot) => lonePoints(plot.data[index + 1] as (number | null)[]),
        },
      })),
    ],
    hooks: { setCursor: [({ cursor }) => onStep(cursor.idx ?? undefined)] },
  };
}

function sizeOf({ clientWidth, clientHeight }: HTMLElement): { width: number; height: number } {
  return { width: clientWidth, height: clientHeight };
}

/** A moment as exactly as the times beside it need: the day where they are days apart, or else the minute. */
function momentOf(at: number, times: number[]): string {
  const span = times[times.length - 1] - times[0];
  const options: Intl.DateTimeFormatOptions = span > 2 * 86_400
    ? { day: "numeric", month: "short" }
    : { hour: "2-digit", minute: "2-digit" };
  if (span > 2 * 86_400 && times.length > 31) Object.assign(options, { hour: "2-digit", minute: "2-digit" });
  return new Date(at * 1000).toLocaleString(language(), options);
}
