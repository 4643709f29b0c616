import postgres from "postgres";

/**
 * Stores secrets by name, replacing those that are there. Migrations read them by these names.
 * @param databaseUrl of the role postgres
 */
export async function storeSecrets(
  databaseUrl: string,
  secrets: Record<string, string>,
): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice() {} });
  try {
    await sql.begin(async (tx) => {
      for (const [name, secret] of Object.entries(secrets)) {
        const [known] = await tx`
          select id from vault.secrets where name = ${name}`;
        if (known) {
          await tx`select vault.update_secret(${known.id}, ${secret})`;
        } else {
          await tx`select vault.create_secret(${secret}, ${name})`;
        }
      }
    });
  } finally {
    await sql.end();
  }
}
