import { useTexts } from "../../language.ts";
import { Page } from "../../parts/page.tsx";
import { Panel } from "../../parts/panel.tsx";
import { useSignedIn } from "../../session_context.ts";
import { DataPanel } from "./data_panel.tsx";
import { SecurityPanel } from "./security_panel.tsx";
import { SupportPanel } from "./support_panel.tsx";
import { TermsPanel } from "./terms_panel.tsx";
import { TEXTS } from "./texts.ts";
import { UsagePanel } from "./usage_panel.tsx";
import "./account.css";

export default function Account() {
  const t = useTexts(TEXTS);
  const { email, userId } = useSignedIn();
  return (
    <Page title={t.title}>
      <div class="grid">
        <Panel title={t.profile}>
          <dl class="facts">
            <dt>{t.email}</dt>
            <dd>{email}</dd>
            <dt>{t.id}</dt>
            <dd>
              <code>{userId}</code>
            </dd>
          </dl>
        </Panel>
        <TermsPanel />
        <UsagePanel />
        <div class="stack">
          <DataPanel />
          <SecurityPanel />
        </div>
      </div>
      <SupportPanel />
    </Page>
  );
}
