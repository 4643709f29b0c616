import { type Mode, MODES } from "./question.ts";
import type { Group } from "./scores.ts";

const BAR = 14;
const GAP = 18;
const PLOT_HEIGHT = 220;
const LEFT = 48;
const TOP = 56;
const BOTTOM = 34;
const RIGHT = 16;

/** Readable on light and on dark backgrounds. */
const COLOURS: Record<Mode, string> = {
  text: "#8796a3",
  vector: "#d0922e",
  hybrid: "#1890a4",
};

/** nDCG@10 by language and mode, as an SVG that follows the reader's colour scheme. */
export function qualityPlot(groups: readonly Group[]): string {
  const group = MODES.length * BAR;
  const width = LEFT + groups.length * (group + GAP) + GAP + RIGHT;
  const height = TOP + PLOT_HEIGHT + BOTTOM;
  const y = (value: number) => TOP + PLOT_HEIGHT * (1 - value);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Search quality by language and mode">`,
    `<style>`,
    `text { font: 12px system-ui, sans-serif; fill: #24303a }`,
    `.title { font-weight: 600 }`,
    `.paper { fill: #ffffff }`,
    `.rule { stroke: #d5dce1 }`,
    `@media (prefers-color-scheme: dark) { text { fill: #dde4ea } .paper { fill: #11171c } .rule { stroke: #37434d } }`,
    `</style>`,
    `<rect class="paper" width="${width}" height="${height}"/>`,
    `<text class="title" x="${LEFT}" y="22">nDCG@10 by language</text>`,
    ...MODES.flatMap((mode, index) => [
      `<rect x="${LEFT + index * 84}" y="33" width="10" height="10" fill="${COLOURS[mode]}"/>`,
      `<text x="${LEFT + 15 + index * 84}" y="42">${mode}</text>`,
    ]),
    ...[0, 0.25, 0.5, 0.75, 1].flatMap((value) => [
      `<line class="rule" x1="${LEFT}" x2="${width - RIGHT}" y1="${y(value)}" y2="${y(value)}"/>`,
      `<text x="${LEFT - 8}" y="${y(value) + 4}" text-anchor="end">${value.toFixed(2)}</text>`,
    ]),
  ];
  for (const [index, { name, scores }] of groups.entries()) {
    const x = LEFT + GAP + index * (group + GAP);
    for (const { mode, ndcgAt10 } of scores) {
      const at = x + MODES.indexOf(mode) * BAR;
      const top = round(y(ndcgAt10));
      parts.push(
        `<rect x="${at}" y="${top}" width="${BAR - 2}" height="${round(TOP + PLOT_HEIGHT - top)}" fill="${
          COLOURS[mode]
        }"><title>${name}, ${mode}: ${ndcgAt10.toFixed(3)}</title></rect>`,
      );
    }
    parts.push(
      `<text x="${x + group / 2 - 1}" y="${height - 14}" text-anchor="middle">${name}</text>`,
    );
  }
  parts.push("</svg>", "");
  return parts.join("\n");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
