import { Page } from "../../parts/page.tsx";

export default function Stages() {
  return <Page title="Stages"></Page>;
}
