import pc from "picocolors";
import { visible, visibleLine } from "./visible.ts";

/** The longest line, in characters, however wide the terminal is. */
export const MAX_WIDTH = 100;
/** In a narrower terminal lines run over. */
const MIN_WIDTH = 60;
const INDENT = "  ";

/**
 * Writes the program's report, one line at a time: aligned, and without control sequences unless colour is wanted. Every
 * text may come from a user or a provider: what would act on the terminal is shown (`visible`).
 */
export class Screen {
  readonly #write: (line: string) => void;
  readonly #colors: ReturnType<typeof pc.createColors>;
  readonly width: number;

  constructor(
    write: (line: string) => void,
    options: { color?: boolean; width?: number } = {},
  ) {
    this.#write = write;
    this.#colors = pc.createColors(options.color ?? false);
    // A terminal that does not know its width reports 0.
    const width = options.width || MAX_WIDTH;
    this.width = Math.min(Math.max(width, MIN_WIDTH), MAX_WIDTH);
  }

  blank(): void {
    this.#write("");
  }

  heading(text: string): void {
    this.#write("");
    this.#write(this.#colors.bold(visibleLine(text)));
  }

  text(text: string): void {
    for (const line of wrap(visible(text), this.width - INDENT.length)) {
      this.#write(INDENT + line);
    }
  }

  /** A line for copying: never wrapped. */
  verbatim(line: string): void {
    this.#write(INDENT + visibleLine(line));
  }

  /** A name and its value. Values are not wrapped, so that URLs and keys can be copied. */
  row(name: string, value: string): void {
    this.#write(INDENT + this.#colors.dim(visibleLine(name).padEnd(17)) + visibleLine(value));
  }

  /** An event, `seconds` after a start that the heading names. */
  moment(seconds: number, name: string, remark = ""): void {
    const time = this.#colors.dim(formatSeconds(seconds).padStart(8));
    const start = `${time}  `;
    const what = visibleLine(name);
    if (!remark) {
      this.#write(start + what);
      return;
    }
    const lines = wrap(visible(remark), this.width - 10 - NAME_WIDTH);
    this.#write(start + what.padEnd(NAME_WIDTH) + this.#colors.dim(lines[0]));
    for (const line of lines.slice(1)) {
      this.#write(" ".repeat(10 + NAME_WIDTH) + this.#colors.dim(line));
    }
  }

  /** A passage from a search, with `rank` from 1; text marked by `emphasise` is bold. */
  passage(
    rank: number,
    passage: {
      source: string;
      score: number;
      path: string;
      text: string;
      /** The beginnings of the neighbours before and after it. */
      before?: string[];
      after?: string[];
      /** Sentences about it. */
      notes?: string[];
    },
  ): void {
    const indent = " ".repeat(5);
    const score = `score ${passage.score.toFixed(3)}`;
    const room = this.width - indent.length - score.length - 2;
    const source = cut(unmarked(visibleLine(passage.source)), room);
    this.#write("");
    this.#write(
      String(rank).padStart(3) + "  " + this.#colors.bold(source) +
        " ".repeat(room - [...source].length + 2) + score,
    );
    for (const line of wrap(visible(passage.path), this.width - indent.length)) {
      if (line) this.#write(indent + this.#colors.dim(line));
    }
    const width = this.width - indent.length;
    const beside = (texts: string[] = []) => {
      for (const text of texts) {
        for (const line of excerpt(text, width, LINES_BESIDE)) {
          this.#write(indent + this.#colors.dim(line));
        }
      }
    };
    beside(passage.before);
    for (const line of this.#emphasised(excerpt(passage.text, width))) {
      this.#write(indent + line);
    }
    beside(passage.after);
    for (const note of passage.notes ?? []) {
      for (const line of wrap(visible(note), width)) {
        this.#write(indent + this.#colors.dim(line));
      }
    }
  }

  #emphasised(lines: string[]): string[] {
    let isOn = false;
    return lines.map((line) =>
      line.split(MARKS).map((part) => {
        if (part === ON || part === OFF) isOn = part === ON;
        else return isOn ? this.#colors.bold(part) : part;
      }).join("")
    );
  }

  failure(what: string, facts: [name: string, value: string][] = []): void {
    this.#write("");
    const [first, ...rest] = wrap(visible(what), this.width);
    this.#write(this.#colors.red(first));
    for (const line of rest) this.#write(line);
    for (const [name, value] of facts) this.row(name, value);
  }
}

/** The screen of a stream: with colour and the terminal's width on a terminal, plain elsewhere. */
export function openScreen(
  stream: { isTerminal(): boolean },
  write: (line: string) => void,
): Screen {
  const terminal = stream.isTerminal();
  return new Screen(write, {
    color: terminal && pc.isColorSupported,
    width: terminal ? Deno.consoleSize().columns : MAX_WIDTH,
  });
}

const NAME_WIDTH = 23;
const EXCERPT_LINES = 12;
/** A passage's neighbour. */
const LINES_BESIDE = 3;

/** Marks around emphasised text: noncharacters, which occur in no text and have no width. */
const ON = "\ufdd0";
const OFF = "\ufdd1";
const MARKS = /(\ufdd0|\ufdd1)/;

/** Marks the words of a text that lie in these ranges of UTF-16 units, for `Screen.passage`. */
export function emphasise(
  text: string,
  ranges: { start: number; end: number }[],
): string {
  let marked = "";
  let at = 0;
  for (const { start, end } of ranges.toSorted((a, b) => a.start - b.start)) {
    if (start < at) continue;
    marked += unmarked(text.slice(at, start)) +
      unmarked(text.slice(start, end)).replaceAll(/\S+/g, `${ON}$&${OFF}`);
    at = end;
  }
  return marked + unmarked(text.slice(at));
}

function unmarked(text: string): string {
  return text.replaceAll(/[\ufdd0\ufdd1]/g, "\ufffd");
}

/** The characters with width one, each with the marks around it. */
function letters(text: string): string[] {
  return text.match(/\ufdd0*[^\ufdd0\ufdd1]\ufdd1*/gu) ?? [];
}

/** `0.04 s`, `12.3 s`, `2 min 05 s`: three digits suffice. */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const rest = String(whole % 60).padStart(2, "0");
  return `${Math.floor(whole / 60)} min ${rest} s`;
}

/** Breaks text at spaces into lines of at most `width` characters; a longer word is broken at the line's end. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line: string[] = [];
    for (const word of paragraph.trim().split(/ +/)) {
      let rest = letters(word);
      if (line.length > 0 && line.length + 1 + rest.length > width) {
        lines.push(line.join(""));
        line = [];
      }
      while (rest.length > width) {
        lines.push(rest.slice(0, width).join(""));
        rest = rest.slice(width);
      }
      if (line.length > 0) line.push(" ");
      line.push(...rest);
    }
    lines.push(line.join(""));
  }
  return lines;
}

/** The beginning of a text as a few lines of at most `width` characters, with `…` at a cut. */
export function excerpt(
  text: string,
  width: number,
  most: number = EXCERPT_LINES,
): string[] {
  const lines = wrap(
    visible(text).replaceAll(/\n\s*\n/g, "\n").trim(),
    width,
  );
  if (lines.length <= most) return lines;
  const shown = lines.slice(0, most);
  shown[most - 1] = cut(`${shown[most - 1]} …`, width);
  return shown;
}

function cut(text: string, width: number): string {
  const all = letters(text);
  return all.length <= width ? text : all.slice(0, width - 1).join("") + "…";
}
