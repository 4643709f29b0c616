/** A promise and what settles it. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly isSettled: boolean;
  resolve(value: T): void;
  reject(reason: unknown): void;
}

/** Its rejection may go unheard: who does not wait for the promise learns of it elsewhere. */
export function deferred<T>(): Deferred<T> {
  let isSettled = false;
  let settle!: { resolve: (value: T) => void; reject: (reason: unknown) => void };
  const promise = new Promise<T>((resolve, reject) => settle = { resolve, reject });
  promise.catch(() => {});
  return {
    promise,
    get isSettled() {
      return isSettled;
    },
    resolve(value) {
      isSettled = true;
      settle.resolve(value);
    },
    reject(reason) {
      isSettled = true;
      settle.reject(reason);
    },
  };
}
