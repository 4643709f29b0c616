/** This page, to which mailed links lead. The project's Auth settings must allow it (redirect URLs). */
export function hereUrl(): string {
  return location.origin + location.pathname;
}
