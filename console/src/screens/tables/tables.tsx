import { Page } from "../../parts/page.tsx";

export default function Tables() {
  return <Page title="Tables"></Page>;
}
