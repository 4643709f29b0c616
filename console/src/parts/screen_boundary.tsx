import { Component, type ComponentChildren } from "preact";
import { ErrorNotice } from "./notices.tsx";

/** Keeps the navigation usable when a screen fails, for instance because its code could not be loaded. */
export class ScreenBoundary extends Component<{ children: ComponentChildren }, { error?: unknown }> {
  static override getDerivedStateFromError(error: unknown) {
    return { error };
  }
  override render() {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return <ErrorNotice error={error} retry={() => location.reload()} />;
  }
}
