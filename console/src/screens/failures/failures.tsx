import { Page } from "../../parts/page.tsx";

export default function Failures() {
  return <Page title="Failures"></Page>;
}
