import { Page } from "../../parts/page.tsx";

export default function Limits() {
  return <Page title="Limits"></Page>;
}
