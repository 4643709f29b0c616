import postgres from "postgres";

/**
 * Stores secrets by name in a database on this machine, replacing those that are there. Migrations read them by these
 * names.
 * @param databaseUrl of the role postgres
 */
export async function storeSecrets(
  databaseUrl: string,
  secrets: Record<string, string>,
): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice() {} });
  try {
    await putSecrets(sql, secrets);
  } finally {
    await sql.end();
  }
}

/** As {@link storeSecrets}, over an existing connection. */
export async function putSecrets(
  sql: postgres.Sql,
  secrets: Record<string, string>,
): Promise<void> {
  await sql.begin(async (tx) => {
    for (const [name, secret] of Object.entries(secrets)) {
      await putSecret(tx, name, secret);
    }
  });
}

/** Stores one secret, within a transaction. */
export async function putSecret(
  tx: postgres.TransactionSql,
  name: string,
  secret: string,
): Promise<void> {
  const [known] = await tx`select id from vault.secrets where name = ${name}`;
  if (known) await tx`select vault.update_secret(${known.id}, ${secret})`;
  else await tx`select vault.create_secret(${secret}, ${name})`;
}
