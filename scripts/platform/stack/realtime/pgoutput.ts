/** The messages of Postgres' replication protocol that a reader of inserts needs; see "Logical Replication Message Formats". */

/** An inserted row: each column's value as text, null, or undefined if it was stored apart and is unchanged. */
export interface InsertedRow {
  schema: string;
  table: string;
  values: Record<string, string | null>;
}

interface Relation {
  schema: string;
  table: string;
  columns: string[];
}

const WAL_DATA = "w".charCodeAt(0);
const KEEPALIVE = "k".charCodeAt(0);
const RELATION = "R".charCodeAt(0);
const INSERT = "I".charCodeAt(0);
const STATUS = "r".charCodeAt(0);
const TEXT = "t".charCodeAt(0);
const WAL_HEADER_BYTES = 25;
const STATUS_BYTES = 34;
/** Between the Unix epoch and Postgres'. */
const EPOCHS_APART_MS = Date.UTC(2000, 0, 1);

/** Reads one stream. Relations are described once, before their first row. */
export class OutputReader {
  readonly #relations = new Map<number, Relation>();

  /**
   * @param onInsert receives each inserted row, in the order of commits
   * @param reply sends to the server
   */
  constructor(
    private readonly onInsert: (row: InsertedRow) => void,
    private readonly reply: (message: Uint8Array) => void,
  ) {}

  read(chunk: Uint8Array): void {
    const cursor = new Cursor(chunk);
    const kind = cursor.byte();
    if (kind === WAL_DATA) {
      cursor.skip(WAL_HEADER_BYTES - 1);
      this.#readChange(cursor);
    } else if (kind === KEEPALIVE) {
      const end = cursor.bigint();
      cursor.skip(8);
      if (cursor.byte() === 1) this.reply(received(end));
    }
  }

  #readChange(cursor: Cursor): void {
    const kind = cursor.byte();
    if (kind === RELATION) {
      const id = cursor.int32();
      const [schema, table] = [cursor.string(), cursor.string()];
      cursor.skip(1);
      const columns = Array.from({ length: cursor.int16() }, () => {
        cursor.skip(1);
        const name = cursor.string();
        cursor.skip(8);
        return name;
      });
      this.#relations.set(id, { schema, table, columns });
    } else if (kind === INSERT) {
      const relation = this.#relations.get(cursor.int32());
      if (!relation) throw new Error("Postgres sent a row of a table that it had not described.");
      cursor.skip(1);
      const values: Record<string, string | null> = {};
      const count = cursor.int16();
      for (const column of relation.columns.slice(0, count)) {
        values[column] = cursor.byte() === TEXT ? cursor.text(cursor.int32()) : null;
      }
      this.onInsert({ schema: relation.schema, table: relation.table, values });
    }
  }
}

/** Everything up to this position was received, so the server need not keep it. */
function received(position: bigint): Uint8Array {
  const message = new Uint8Array(STATUS_BYTES);
  const view = new DataView(message.buffer);
  message[0] = STATUS;
  for (const at of [1, 9, 17]) view.setBigUint64(at, position);
  view.setBigInt64(25, BigInt(Date.now() - EPOCHS_APART_MS) * 1000n);
  return message;
}

class Cursor {
  #at = 0;
  readonly #view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  skip(count: number): void {
    this.#at += count;
  }

  byte(): number {
    return this.#view.getUint8(this.#at++);
  }

  int16(): number {
    return this.#view.getUint16((this.#at += 2) - 2);
  }

  int32(): number {
    return this.#view.getUint32((this.#at += 4) - 4);
  }

  bigint(): bigint {
    return this.#view.getBigUint64((this.#at += 8) - 8);
  }

  text(length: number): string {
    return new TextDecoder().decode(this.bytes.subarray(this.#at, this.#at += length));
  }

  string(): string {
    const end = this.bytes.indexOf(0, this.#at);
    const text = this.text(end - this.#at);
    this.#at++;
    return text;
  }
}
