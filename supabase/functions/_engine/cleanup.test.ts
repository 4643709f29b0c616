import { expect, it } from "vitest";
import type { Sql } from "../_shared/database.ts";
import type { Logger } from "../_shared/log.ts";
import { cleanup } from "./cleanup.ts";

/** The queue of removals as a transaction finds it; cancellations there are none. */
function queueOf(paths: string[]): Sql {
  const query = (strings: TemplateStringsArray) => {
    const text = strings.join("?");
    if (text.includes("pg_try_advisory_xact_lock")) return [{ alone: true }];
    if (text.includes("delete from pipeline_internal.file_cleanups")) {
      paths.shift();
    } else if (text.includes("from pipeline_internal.file_cleanups")) {
      return paths.slice(0, 1).map((path) => ({ cleanup_no: "1", path }));
    }
    return [];
  };
  const sql = (strings: TemplateStringsArray) => Promise.resolve(query(strings));
  const begin = (work: (tx: unknown) => unknown) => work(sql);
  return Object.assign(sql, { begin }) as unknown as Sql;
}

it("removes what was asked for while Storage was at work, for the call that came then found it busy", async () => {
  const queue = ["first"];
  const removed: string[] = [];
  const cleaned = await cleanup({
    sql: queueOf(queue),
    storage: {
      remove(paths) {
        if (removed.length === 0) queue.push("second");
        removed.push(...paths);
        return Promise.resolve();
      },
    },
    llamaparse: {} as never,
  }, {} as Logger);
  expect(removed).toEqual(["first", "second"]);
  expect(cleaned).toEqual({ files: 2, parses: 0 });
});
