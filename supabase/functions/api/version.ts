/**
 * The deployed release, as in `package.json`, which the platform does not
 * receive.
 */
export const VERSION = "0.1.0";
