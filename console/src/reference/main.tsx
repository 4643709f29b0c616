import { render } from "preact";
import { readSettings } from "../settings.ts";
import { allowOwnScripts } from "../trusted_types.ts";
import "../theme.ts";
import { Reference } from "./reference.tsx";
import "../styles/base.css";
import "../styles/parts.css";
import "./reference.css";

allowOwnScripts();
const root = document.getElementById("root")!;
// The reference can be read without a project, too.
const project = await readSettings().then(({ url }) => url, () => undefined);
render(<Reference project={project} />, root);
// What the address names exists only now.
document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
