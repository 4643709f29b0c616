import postgres from "postgres";

/**
 * A small pool. Over a network it requires encryption, whatever the server accepts; a database on this machine has no TLS.
 */
export function connect(databaseUrl: string): postgres.Sql {
  return postgres(databaseUrl, {
    max: 2,
    ssl: isLoopback(databaseUrl) ? false : "require",
    prepare: false,
    onnotice() {},
  });
}

/** The URL for the CLI: by the same rule, and without the password, which process lists would show. */
export function addressForCli(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.password = "";
  url.searchParams.set(
    "sslmode",
    isLoopback(databaseUrl) ? "disable" : "require",
  );
  return url.href;
}

function isLoopback(databaseUrl: string): boolean {
  return ["127.0.0.1", "localhost"].includes(new URL(databaseUrl).hostname);
}
