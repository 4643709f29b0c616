/** The release that is deployed. Written by npm run generate from package.json, which the platform does not receive. */
export const VERSION = "0.1.0";
