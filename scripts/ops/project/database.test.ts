import { expect, test } from "vitest";
import { addressForCli, connect } from "./database.ts";

const HOSTED = "postgresql://postgres.ref:p%40ss@pooler.example.com:5432/postgres";
const LOCAL = "postgres://postgres:postgres@127.0.0.1:54322/postgres";

test("requires TLS for a database across a network, and none on this machine", async () => {
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

test("leaves the password out of the CLI's arguments", () => {
  expect(addressForCli(HOSTED)).not.toContain("p%40ss");
});
