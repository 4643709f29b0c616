import { setLanguage, useLanguage, useTexts } from "./language.ts";
import { signOut } from "./farewell.ts";
import { toast } from "./parts/toasts.tsx";
import { hrefOf } from "./route.ts";
import type { Screen } from "./screens.ts";
import type { Session } from "./session.ts";
import { setTheme, type Theme, THEMES, useTheme } from "./theme.ts";

const TEXTS = {
  en: {
    menu: "Menu",
    screens: "Screens",
    groups: { documents: "My documents", account: "My account", operate: "Operate", settings: "Settings" },
    signOut: "Sign out",
    notSignedOut: "You are still signed in, because there is no connection. Try again.",
    theme: "Appearance",
    themes: { auto: "As the system", light: "Light", dark: "Dark" } satisfies Record<Theme, string>,
    language: "Language",
    reference: "API reference",
  },
  de: {
    menu: "Menü",
    screens: "Seiten",
    groups: { documents: "Meine Dokumente", account: "Mein Konto", operate: "Betrieb", settings: "Einstellungen" },
    signOut: "Abmelden",
    notSignedOut: "Sie sind noch angemeldet, weil keine Verbindung besteht. Versuchen Sie es noch einmal.",
    theme: "Darstellung",
    themes: { auto: "Wie das System", light: "Hell", dark: "Dunkel" },
    language: "Sprache",
    reference: "API-Referenz",
  },
};

interface Props {
  session: Session;
  screens: Screen[];
  current: string | undefined;
  isMenuOpen: boolean;
  setMenuOpen(isOpen: boolean): void;
}

export function Navigation({ session, screens, current, isMenuOpen, setMenuOpen }: Props) {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const theme = useTheme();
  const groups = [...new Set(screens.map(({ group }) => group))];
  return (
    <header class="side">
      <div class="brand">
        <img src="./icon.svg" alt="" width="24" height="24" />
        <span>{session.email}</span>
        <button
          type="button"
          class="menu"
          aria-expanded={isMenuOpen}
          aria-controls="navigation"
          onClick={() => setMenuOpen(!isMenuOpen)}
        >
          {t.menu}
        </button>
      </div>
      <div id="navigation" class={isMenuOpen ? "open" : ""}>
        <nav aria-label={t.screens}>
          {groups.map((group) => (
            <section key={group}>
              <h2>{t.groups[group]}</h2>
              <ul>
                {screens.filter((screen) => screen.group === group).map(({ name, title }) => (
                  <li key={name}>
                    <a href={hrefOf([name])} aria-current={name === current ? "page" : undefined}>{title[language]}</a>
                  </li>
                ))}
              </ul>
            </section>
          ))}
        </nav>
        <footer>
          <label>
            {t.theme}
            <select value={theme} onChange={(event) => setTheme(event.currentTarget.value as Theme)}>
              {THEMES.map((theme) => <option key={theme} value={theme}>{t.themes[theme]}</option>)}
            </select>
          </label>
          <label>
            {t.language}
            <select
              value={language}
              onChange={(event) => setLanguage(event.currentTarget.value === "de" ? "de" : "en")}
            >
              <option value="en" lang="en">English</option>
              <option value="de" lang="de">Deutsch</option>
            </select>
          </label>
          <a href="./reference.html">{t.reference}</a>
          <button type="button" onClick={() => void signOut().catch(() => toast(t.notSignedOut))}>{t.signOut}</button>
        </footer>
      </div>
    </header>
  );
}
