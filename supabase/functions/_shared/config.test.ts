import { describe, expect, it } from "vitest";
import { ConfigError, readConfig } from "./config.ts";

const env = (values: Record<string, string>) => ({
  get: (name: string) => values[name],
});

describe("readConfig", () => {
  it("names every invalid setting and its purpose at once", () => {
    const read = () =>
      readConfig(
        ["SUPABASE_URL", "OPENAI_API_KEY", "WORKER_SECRET"],
        env({ SUPABASE_URL: "not a url", WORKER_SECRET: "short" }),
      );
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(/SUPABASE_URL must be an http\(s\) URL/);
    expect(read).toThrow(/OPENAI_API_KEY is missing \(pays for embeddings/);
    expect(read).toThrow(/WORKER_SECRET must have at least 16 characters/);
  });

  it("never shows the value of an invalid setting", () => {
    const read = () => readConfig(["WORKER_SECRET"], env({ WORKER_SECRET: "tell-no-one" }));
    expect(read).not.toThrow(/tell-no-one/);
  });

  it("reads the newer keys and the original's name of the database", () => {
    const config = readConfig(
      ["SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_DB_URL"],
      env({
        SUPABASE_SECRET_KEYS: '{"default":"sb_secret_0123456789"}',
        DATABASE_URL: "postgresql://localhost/postgres",
      }),
    );
    expect(config.SUPABASE_SERVICE_ROLE_KEY).toBe("sb_secret_0123456789");
    expect(config.SUPABASE_DB_URL).toBe("postgresql://localhost/postgres");
  });

  it("uses the providers' addresses by default and removes a trailing slash", () => {
    const read = (values: Record<string, string>) => readConfig(["LLAMAPARSE_API_URL", "WEBHOOK_URL"], env(values));
    expect(read({}).LLAMAPARSE_API_URL).toBe("https://api.cloud.llamaindex.ai");
    expect(read({}).WEBHOOK_URL).toBeUndefined();
    expect(
      read({ LLAMAPARSE_API_URL: "http://127.0.0.1:9/" }).LLAMAPARSE_API_URL,
    )
      .toBe("http://127.0.0.1:9");
  });
});
