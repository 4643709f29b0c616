import { render } from "preact";
import { QueryClientProvider } from "@tanstack/preact-query";
import { App } from "./app.tsx";
import { readArrival } from "./arrival.ts";
import { CouldNotStart } from "./could_not_start.tsx";
import { startProject } from "./project.ts";
import { queries } from "./queries.ts";
import { allowOwnScripts } from "./trusted_types.ts";
import "./styles/base.css";
import "./styles/parts.css";

allowOwnScripts();
const root = document.getElementById("root")!;
try {
  await startProject();
  await readArrival();
  render(
    <QueryClientProvider client={queries}>
      <App />
    </QueryClientProvider>,
    root,
  );
} catch (error) {
  render(<CouldNotStart error={error} />, root);
}
