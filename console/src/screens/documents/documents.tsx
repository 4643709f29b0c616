import { Page } from "../../parts/page.tsx";

export default function Documents() {
  return <Page title="Documents"></Page>;
}
