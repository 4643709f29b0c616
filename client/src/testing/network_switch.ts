/** The browser's knowledge of the network. */
export function setOnline(isOnline: boolean): void {
  Object.defineProperty(navigator, "onLine", { value: isOnline, configurable: true });
  globalThis.dispatchEvent(new Event(isOnline ? "online" : "offline"));
}

/** As it is without a browser. */
export function forgetNetwork(): void {
  Reflect.deleteProperty(navigator, "onLine");
}
