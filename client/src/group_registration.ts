import type { Announcement, Registration } from "./register.ts";
import { registerAll } from "./register.ts";
import type { TaskContext } from "./run_upload.ts";

/** How many files are registered ahead of their turn: enough to save most requests, few enough to be sent in time. */
const AT_ONCE = 10;

interface Waiting {
  announcement: Announcement;
  /** Null as long as no request registers it, and if its request was refused: then its task learns why by its own. */
  registration: Promise<Registration | null> | null;
}

/** Registers a file whose turn it is together with those that wait for theirs, so that a batch needs fewer requests. */
export function groupRegistration(
  { supabase, register }: Pick<TaskContext, "supabase" | "register">,
): Required<Pick<TaskContext, "register" | "announce">> {
  const waiting = new Set<Waiting>();
  return {
    announce(announcement) {
      const entry: Waiting = { announcement, registration: null };
      waiting.add(entry);
      return {
        end() {
          waiting.delete(entry);
          return entry.registration;
        },
      };
    },

    async register(announcement, session) {
      const others = [...waiting].filter(({ registration }) => !registration).slice(0, AT_ONCE - 1);
      if (others.length === 0) return await register(announcement, session);
      const announcements = [announcement, ...others.map((other) => other.announcement)];
      const registering = registerAll(supabase, announcements, session);
      others.forEach((other, index) => {
        other.registration = registering.then((registrations) => registrations[index + 1], () => null);
      });
      const [registration] = await registering;
      return registration ?? await register(announcement, session);
    },
  };
}
