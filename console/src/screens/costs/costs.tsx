import { Page } from "../../parts/page.tsx";

export default function Costs() {
  return <Page title="Costs"></Page>;
}
