import { Argument } from "commander";
import { showTable } from "./report.ts";
import { type AddCommands, examples, type Session } from "./session.ts";
import { findUser } from "./values.ts";
import { ErrorWithRemedy, UsageError } from "../../dev/error_with_remedy.ts";

/** Who may use the operators' screens of the console. */
export const addRoleCommand: AddCommands = (program, perform) => {
  program.command("role [user]")
    .description("gives a user a role in the console, or withdraws it; without a user, lists who has one")
    .addArgument(new Argument("[role]", "viewer reads, operator also acts").choices(["viewer", "operator", "none"]))
    .addHelpText(
      "after",
      examples("role", "role ada@example.com viewer", "role ada@example.com none"),
    )
    .action(perform(role));
};

async function role({ target, report }: Session, who?: string, wanted?: string): Promise<void> {
  const sql = await target.database();
  if (who === undefined) {
    const roles = await sql`
      select user_id, email, role, is_in_force, last_sign_in_at from pipeline_monitoring.console_roles
      order by role, email`;
    return report.answer({ roles }, (screen) =>
      showTable(
        screen,
        ["user", "role", "in force", "last sign-in (UTC)"],
        roles.map((row) => [row.email ?? row.user_id, row.role, row.is_in_force, row.last_sign_in_at]),
        "No user has a role in the console.",
      ));
  }
  if (wanted === undefined) {
    throw new UsageError(`Which role is ${who} to have?`, "Add viewer, operator, or none to withdraw the role.");
  }
  const { user_id, email } = await findUser(sql, who);
  if (email === null) {
    throw new ErrorWithRemedy(`${who} has no e-mail address.`, "Roles are for users who sign in with one.", {
      code: "user_not_found",
    });
  }
  const [{ before }] = await sql<{ before: string | null }[]>`
    select pipeline_internal.set_console_role(${email}, ${wanted}) as before`;
  report.answer({ user_id, email, role: wanted, before: before ?? "none" }, (screen) => {
    if ((before ?? "none") === wanted) {
      screen.text(`${email} had that already: ${wanted}.`);
    } else if (wanted === "none") {
      screen.text(`${email} has no role any more. That is in force at once.`);
    } else {
      screen.text(`${email} has the role ${wanted}, from the next sign-in on.`);
    }
  });
}
