import { useState } from "preact/hooks";
import { useErrorText } from "../../auth_errors.ts";
import { signOut } from "../../farewell.ts";
import { useTexts } from "../../language.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Panel } from "../../parts/panel.tsx";
import { ChangePassword } from "./change_password.tsx";
import { DeleteAccount } from "./delete_account.tsx";
import { TEXTS } from "./texts.ts";

/** The password, all sessions, and the end of the account. */
export function SecurityPanel() {
  const t = useTexts(TEXTS);
  const errorText = useErrorText();
  const [open, setOpen] = useState<"password" | "everywhere" | "delete">();
  const close = () => setOpen(undefined);
  return (
    <Panel title={t.security}>
      <div class="actions">
        <button type="button" onClick={() => setOpen("password")}>{t.changePassword}</button>
        <button type="button" onClick={() => setOpen("everywhere")}>{t.everywhere}</button>
        <button type="button" class="danger" onClick={() => setOpen("delete")}>{t.delete}</button>
      </div>
      <ChangePassword isOpen={open === "password"} onClose={close} />
      <Confirm
        title={t.everywhere}
        isOpen={open === "everywhere"}
        onClose={close}
        action={t.everywhere}
        act={() => signOut("global")}
        textOf={errorText}
      >
        <p>{t.everywhereAbout}</p>
      </Confirm>
      <DeleteAccount isOpen={open === "delete"} onClose={close} />
    </Panel>
  );
}
