import { Page } from "../../parts/page.tsx";

export default function Files() {
  return <Page title="Files"></Page>;
}
