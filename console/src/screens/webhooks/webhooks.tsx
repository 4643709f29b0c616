import { Page } from "../../parts/page.tsx";
import { hrefOf } from "../../route.ts";
import type { ScreenProps } from "../../screens.ts";
import { Callbacks } from "./callbacks.tsx";
import { Notifications } from "./notifications.tsx";
import "./webhooks.css";

const DIRECTIONS = [["in", "From LlamaParse"], ["out", "To endpoints"]] as const;

/** Calls that the project receives from LlamaParse, and those that it makes to endpoints. */
export default function Webhooks({ rest }: ScreenProps) {
  const direction = rest[0] === "out" ? "out" : "in";
  return (
    <Page title="Webhooks">
      <nav class="directions" aria-label="Direction">
        {DIRECTIONS.map(([name, title]) => (
          <a
            key={name}
            class="button"
            href={hrefOf(["webhooks", name])}
            aria-current={name === direction ? "page" : undefined}
          >
            {title}
          </a>
        ))}
      </nav>
      {direction === "out" ? <Notifications /> : <Callbacks />}
    </Page>
  );
}
