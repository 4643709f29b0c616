import type postgres from "postgres";
import { formatCents, right, showTable } from "./report.ts";
import { type AddCommands, examples, type Session } from "./session.ts";
import { type Account, findUser, readCount } from "./values.ts";
import { UsageError } from "../../dev/error_with_remedy.ts";

/** Limits and their use, and costs. */
export const addAccountCommands: AddCommands = (program, perform) => {
  program.command("limits [user]")
    .description(
      "shows the limits in force; with a user, also their use",
    )
    .option(
      "--set <name=value...>",
      "changes limits; `none` removes a limit. For a user: monthly_budget_cents; `default` restores it",
    )
    .addHelpText(
      "after",
      examples(
        "limits",
        "limits --set active_documents_per_user=4 file_types=pdf,docx",
        "limits ada@example.com --set monthly_budget_cents=5000",
      ),
    )
    .action(perform(limits));

  program.command("cost")
    .description(
      "shows the providers' charges by day and purpose, and this month's budget",
    )
    .option("--days <count>", "days to include", readCount(1, 1100), 30)
    .option("--user <user>", "a user's id or e-mail address")
    .option(
      "--by-user",
      "groups by user, with the highest cost this month first",
    )
    .addHelpText("after", examples("cost --days 7", "cost --by-user"))
    .action(perform(cost));
};

async function limits(
  { target, report }: Session,
  who: string | undefined,
  { set = [] }: { set?: string[] },
): Promise<void> {
  const changes = set.map(readChange);
  const sql = await target.database();
  if (who === undefined) {
    if (changes.length > 0) await changeLimits(sql, changes);
    const [{ singleton: _, ...row }] = await sql`
      select * from pipeline_internal.limits`;
    report.answer(row, (screen) =>
      showTable(
        screen,
        ["limit", "value"],
        Object.entries(row).map((
          [name, value],
        ) => [name, String(value ?? "") || "none"]),
        "",
      ));
    return;
  }

  const account = await findUser(sql, who);
  for (const change of changes) await changeBudget(sql, account, change);
  const [used] = await sql`
    select l.active_documents_per_user, l.uploads_per_user_per_day, l.pages_per_user_per_day, l.requests_per_user_per_hour,
           l.documents_per_user, l.bytes_per_user,
           coalesce(u.active_count, 0) as active, coalesce(u.user_queued_count, 0) as user_queued,
           coalesce((
             select a.used_count from pipeline_internal.rate_limits a
             where a.key = ${`uploads:${account.user_id}`} and a.resets_at > clock_timestamp()), 0) as uploads,
           coalesce((
             select a.used_count from pipeline_internal.rate_limits a
             where a.key = ${`pages:${account.user_id}`} and a.resets_at > clock_timestamp()), 0) as pages,
           coalesce(u.document_count, 0) as documents,
           coalesce(u.bytes, 0) as bytes, coalesce(u.cost_cents_this_month, 0) as cost_cents_this_month,
           coalesce((
             select a.used_count from pipeline_internal.rate_limits a
             where a.key = ${`requests:${account.user_id}`} and a.resets_at > clock_timestamp()), 0) as requests,
           pipeline_internal.budget_of(${account.user_id}) as monthly_budget_cents
    from pipeline_internal.limits l
    left join pipeline_monitoring.usage u on u.user_id = ${account.user_id}`;
  report.answer({ ...account, ...used }, (screen) => {
    screen.heading(`${account.email ?? "A user"}, ${account.user_id}`);
    const budget = used.monthly_budget_cents;
    showTable(
      screen,
      ["", right("used"), right("limit")],
      [
        ["active documents", used.active, used.active_documents_per_user],
        ["documents in the user queue", used.user_queued, null],
        [
          "uploads today",
          used.uploads,
          used.uploads_per_user_per_day,
        ],
        ["pages today", used.pages, used.pages_per_user_per_day],
        [
          "requests this hour",
          used.requests,
          used.requests_per_user_per_hour,
        ],
        [
          "cost this month",
          formatCents(used.cost_cents_this_month),
          budget === null ? "none" : formatCents(budget),
        ],
        ["documents", used.documents, used.documents_per_user],
        ["bytes", used.bytes, used.bytes_per_user],
      ],
      "",
    );
  });
}

interface Change {
  name: string;
  value: string;
}

function readChange(text: string): Change {
  const [, name, value] = /^([a-z_]+)=(.+)$/s.exec(text) ?? [];
  if (name) return { name, value };
  throw new UsageError(
    `--set ${text} is invalid.`,
    "Write name=value, as in --set active_documents_per_user=4.",
  );
}

/** Applies all changes or none. */
async function changeLimits(
  sql: postgres.Sql,
  changes: Change[],
): Promise<void> {
  const columns = await sql<{ name: string; is_list: boolean }[]>`
    select column_name as name, data_type = 'ARRAY' as is_list from information_schema.columns
    where table_schema = 'pipeline_internal' and table_name = 'limits' and column_name <> 'singleton'
    order by ordinal_position`;
  const known = columns.map(({ name }) =>
    // Storage's bucket has to match.
    name === "allowed_mime_types" ? "file_types" : name
  );
  await sql.begin(async (tx) => {
    for (const { name, value } of changes) {
      if (!known.includes(name)) {
        throw new UsageError(
          `Unknown limit: ${name}.`,
          `Limits: ${known.join(", ")}.`,
        );
      }
      try {
        if (name === "file_types") {
          await tx`select pipeline_internal.allow_file_types(${value.split(",")})`;
        } else {
          const isList = columns.find((column) => column.name === name)
            ?.is_list;
          const given = value === "none" ? null : value;
          await tx`update pipeline_internal.limits set ${tx({ [name]: isList ? given?.split(",") ?? [] : given })}`;
        }
      } catch (error) {
        throw refusedValue(error, name, value);
      }
    }
  });
}

async function changeBudget(
  sql: postgres.Sql,
  { user_id }: Account,
  { name, value }: Change,
): Promise<void> {
  if (name !== "monthly_budget_cents") {
    throw new UsageError(
      `${name} is not a limit of a single user.`,
      "Only monthly_budget_cents applies to a single user; npm run pipeline -- limits --set changes the others for all users.",
    );
  }
  if (value === "default") {
    await sql`delete from pipeline_internal.user_budgets where user_id = ${user_id}`;
    return;
  }
  const cents = value === "none" ? null : value;
  try {
    await sql`
      insert into pipeline_internal.user_budgets (user_id, monthly_cents) values (${user_id}, ${cents})
      on conflict (user_id) do update set monthly_cents = excluded.monthly_cents`;
  } catch (error) {
    throw refusedValue(error, name, value);
  }
}

/** A value of the wrong type, out of range, or missing: SQLSTATE class 22, or a violated check. */
function refusedValue(error: unknown, name: string, value: string): unknown {
  const { code = "", message, hint } = error as postgres.PostgresError;
  if (!/^(22|23502|23514)/.test(code)) return error;
  return new UsageError(
    `${name} cannot be ${value}: ${message}.`,
    hint ?? "npm run pipeline -- limits shows the present values.",
  );
}

async function cost(
  { target, report }: Session,
  { days, user, byUser = false }: {
    days: number;
    user?: string;
    byUser?: boolean;
  },
): Promise<void> {
  const sql = await target.database();
  if (byUser) {
    if (user) {
      throw new UsageError(
        "--by-user and --user cannot be combined.",
        "Choose one.",
      );
    }
    const users = await sql`
      select u.user_id, a.email, u.cost_cents_this_month, u.cost_cents, u.parsed_page_count, u.embedded_token_count
      from pipeline_monitoring.usage u left join auth.users a on a.id = u.user_id
      order by u.cost_cents_this_month desc, u.user_id`;
    report.answer({ users }, (screen) =>
      showTable(
        screen,
        [
          "user",
          right("this month"),
          right("in all"),
          right("pages"),
          right("tokens"),
        ],
        users.map((row) => [
          row.email ?? row.user_id,
          formatCents(row.cost_cents_this_month),
          formatCents(row.cost_cents),
          row.parsed_page_count,
          row.embedded_token_count,
        ]),
        "There are no costs.",
      ));
    return;
  }

  const account = user ? await findUser(sql, user) : null;
  const rows = await sql`
    select day::text, purpose, model, sum(quantity) as quantity, sum(credits) as credits, round(sum(cents), 4) as cents
    from ${
    account
      ? sql`pipeline_internal.charges where user_id = ${account.user_id} and`
      : sql`pipeline_internal.daily_costs where`
  } day > (now() at time zone 'utc')::date - ${days}::int
    group by day, purpose, model order by day desc, purpose, model`;
  // For one user or for all: the functions have the same name.
  const whose = account ? sql`${account.user_id}::uuid` : sql``;
  const [month] = await sql`
    select pipeline_internal.spent_cents(${whose}) as spent_cents,
           pipeline_internal.committed_cents(${whose}) as committed_cents,
           ${
    account
      ? sql`pipeline_internal.budget_of(${account.user_id})`
      : sql`(select monthly_budget_cents from pipeline_internal.limits)`
  } as budget_cents`;
  report.answer({ ...account, days: rows, month }, (screen) => {
    showTable(
      screen,
      [
        "day (UTC)",
        "purpose",
        "model",
        right("quantity"),
        right("credits"),
        right("cost"),
      ],
      rows.map((row) => [
        row.day,
        row.purpose,
        row.model,
        row.quantity,
        row.credits,
        formatCents(row.cents),
      ]),
      "There are no charges in this time.",
    );
    screen.blank();
    screen.row("This month", formatCents(month.spent_cents));
    screen.row(
      "In progress",
      formatCents(month.committed_cents - month.spent_cents),
    );
    screen.row(
      "Budget",
      month.budget_cents === null ? "none" : formatCents(month.budget_cents),
    );
  });
}
