import { createSlots, type Slots } from "./slots.ts";

/**
 * The tasks of one client that upload the same bytes. They have one document, so they go one after the other, and the
 * document belongs to the last of them that registered it: only that task may delete it.
 */
export interface SameFile {
  /** The turn of these bytes, one task at a time. */
  slotOf(sha256: string): Slots;
  isOwner(sha256: string, taskId: string): boolean;
  own(sha256: string, taskId: string): void;
}

export function createSameFile(): SameFile {
  const slots = new Map<string, Slots>();
  const owners = new Map<string, string>();
  return {
    slotOf(sha256) {
      const slot = slots.get(sha256) ?? createSlots(1);
      slots.set(sha256, slot);
      return slot;
    },
    isOwner: (sha256, taskId) => owners.get(sha256) === taskId,
    own: (sha256, taskId) => void owners.set(sha256, taskId),
  };
}
