/** The cells of a Markdown table's row, without the spaces around them. `\|` is no border. */
export function cellsOf(row: string): string[] {
  const cells: string[] = [];
  const line = row.trim();
  let from = line.startsWith("|") ? 1 : 0;
  for (let i = from; i < line.length; i++) {
    if (line[i] === "\\") i++;
    else if (line[i] === "|") {
      cells.push(line.slice(from, i).trim());
      from = i + 1;
    }
  }
  if (from < line.length) cells.push(line.slice(from).trim());
  return cells;
}

export function rowOf(cells: string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** A heading row and the delimiter row below it. */
export function headerOf(names: string[]): string {
  return `${rowOf(names)}\n|${names.map(() => "---|").join("")}`;
}

/** The names in a header's first line. */
export function namesOf(header: string): string[] {
  return cellsOf(header.split("\n", 1)[0]);
}

/** How to measure a row and cut a cell, in characters or in tokens. */
export interface RowLimits {
  limit: number;
  size: (text: string) => number;
  /**
   * The cell's text in pieces of at most this size, without spaces around them.
   */
  cut: (cell: string, limit: number) => Iterable<string>;
}

/** The cost of a column's borders, in its header, delimiter row and row. */
const BORDERS = 8;
/** The most UTF-16 units of a first cell that is repeated to name the row. */
const LONGEST_KEY = 100;

/**
 * A row too long to stay whole, as tables of some of its columns. Each has those columns' names, and the first cell if
 * it is short; a cell too long for one is cut. Long names of many columns are shortened, so that they cost no more than
 * a few times the row.
 */
export function* splitRow(
  names: string[],
  cells: string[],
  { limit, size, cut }: RowLimits,
): Generator<{ header: string; row: string }> {
  const length = cells.reduce((sum, cell) => sum + cell.length, 0);
  const longestName = Math.max(12, Math.floor(2 * length / cells.length));
  const nameOf = (column: number) => shorten(names[column] ?? "", longestName);
  const costOf = (column: number, cell: string) => size(nameOf(column)) + size(cell) + BORDERS;

  const key = cells.length > 1 && cells[0] !== "" && cells[0].length <= LONGEST_KEY &&
      costOf(0, cells[0]) <= limit / 4
    ? cells[0]
    : undefined;
  const keyCost = key === undefined ? 0 : costOf(0, key);
  const table = (columns: number[], values: string[]) => {
    const all = key === undefined ? columns : [0, ...columns];
    return {
      header: headerOf(all.map(nameOf)),
      row: rowOf(key === undefined ? values : [key, ...values]),
    };
  };

  let columns: number[] = [];
  let cost = keyCost;
  const flush = function* () {
    if (columns.length > 0) {
      yield table(
        columns,
        columns.map((column) => cells[column]),
      );
    }
    columns = [];
    cost = keyCost;
  };
  for (const [column, cell] of cells.entries()) {
    if (cell === "" || (column === 0 && key !== undefined)) continue;
    const added = costOf(column, cell);
    if (cost + added > limit) yield* flush();
    if (keyCost + added > limit) {
      const room = limit - keyCost - costOf(column, "");
      for (const piece of cut(cell, Math.max(room, Math.floor(limit / 4)))) {
        if (piece !== "") yield table([column], [piece]);
      }
    } else {
      columns.push(column);
      cost += added;
    }
  }
  yield* flush();
}

function shorten(name: string, length: number): string {
  return name.length <= length ? name : `${name.slice(0, length).toWellFormed().replace(/\\*\ufffd?$/, "")}…`;
}
