import { formatBytes } from "../../dev/demo/demo.ts";
import { visibleLine } from "../../dev/terminal/visible.ts";
import { bar, type Report } from "./report.ts";

const BAR_WIDTH = 24;
const NAME_WIDTH = 28;

interface Line {
  name: string;
  /** The progress, from 0 to 1. */
  fraction: number;
  note: string;
}

/**
 * The progress of uploads: a bar for each on a terminal; elsewhere a line for each event of a file. Not part of the
 * result, so JSON has none.
 */
export class UploadBoard {
  readonly #report: Report;
  readonly #lines: Line[];

  constructor(report: Report, names: string[]) {
    this.#report = report;
    this.#lines = names.map((name) => ({ name, fraction: 0, note: "waits" }));
  }

  sent(index: number, sentBytes: number, totalBytes: number): void {
    const done = sentBytes === totalBytes;
    this.#change(index, {
      fraction: sentBytes / totalBytes,
      note: `${done ? "sent" : "sending"} ${formatBytes(totalBytes)}`,
    }, done);
  }

  /** @param percent of the whole; without it the bar stays */
  report(index: number, note: string, percent?: number): void {
    const fraction = percent === undefined ? {} : { fraction: percent / 100 };
    this.#change(index, { note, ...fraction }, true);
  }

  end(): void {
    this.#report.board?.keep();
  }

  #change(index: number, change: Partial<Line>, isNews: boolean): void {
    const line = this.#lines[index];
    const isSame = change.note === line.note;
    Object.assign(line, change);
    if (this.#report.board) this.#report.board.show(boardLines(this.#lines));
    else if (isNews && !isSame) {
      this.#report.remark(`${visibleLine(line.name)}: ${line.note}`);
    }
  }
}

export function boardLines(lines: Line[]): string[] {
  return lines.map(({ name, fraction, note }) => {
    const percent = `${Math.floor(fraction * 100)} %`.padStart(5);
    return `  ${fit(visibleLine(name))}  ${bar(fraction, BAR_WIDTH)} ${percent}  ${note}`;
  });
}

function fit(name: string): string {
  const letters = [...name];
  return letters.length <= NAME_WIDTH ? name.padEnd(NAME_WIDTH) : letters.slice(0, NAME_WIDTH - 1).join("") + "…";
}
