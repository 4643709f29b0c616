import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

interface Props {
  title: string;
  /** Beside the title: what the whole screen offers. */
  actions?: ComponentChildren;
  children?: ComponentChildren;
}

/** A screen: its title, which is the window's too, and its content. */
export function Page({ title, actions, children }: Props) {
  useEffect(() => {
    document.title = title;
  }, [title]);
  return (
    <>
      <div class="page-head">
        <h1>{title}</h1>
        {actions && <div class="actions">{actions}</div>}
      </div>
      {children}
    </>
  );
}
