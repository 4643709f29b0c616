import { useState } from "preact/hooks";
import { callOperator } from "../operator.ts";
import { TypedField } from "./typed_field.tsx";
import { isUuid } from "../uuid.ts";

interface Props {
  /** The user's id; empty for all users. */
  userId: string;
  onUserId(userId: string): void;
}

/** Chooses a user by id or by e-mail address; what is kept, and may be in an address of this page, is the id. */
export function UserField({ userId, onUserId }: Props) {
  const [fault, setFault] = useState<string>();
  const find = async (typed: string) => {
    setFault(undefined);
    if (typed === "" || isUuid(typed)) return onUserId(typed);
    if (!typed.includes("@")) return setFault("Enter a whole id or e-mail address.");
    try {
      const id = await callOperator("find_user", { p_user: typed });
      if (id === null) setFault("No user has this address.");
      else onUserId(id);
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <TypedField
      label="User"
      value={userId}
      placeholder="id or e-mail address"
      hint={fault}
      onValue={(typed) => void find(typed)}
    />
  );
}
