import { expect, test } from "vitest";
import { addressForCli, connect } from "./database.ts";

const HOSTED =
  "postgresql://postgres.ref:p%40ss@pooler.example.com:5432/postgres";
const LOCAL = "postgres://postgres:postgres@127.0.0.1:54322/postgres";

test("a database across a network is reached with TLS only, one on this machine without", async () => {
  for (
    const [url, ssl, mode] of [
      [HOSTED, "require", "require"],
      [LOCAL, false, "disable"],
    ] as const
  ) {
    const sql = connect(url);
    expect(sql.options.ssl).toBe(ssl);
    await sql.end();
    expect(new URL(addressForCli(url)).searchParams.get("sslmode")).toBe(mode);
  }
});

test("the CLI's arguments hold no password", () => {
  expect(addressForCli(HOSTED)).not.toContain("p%40ss");
});
