/** The version of the package; a test compares it with package.json. */
export const LIVEDIST_VERSION = "0.1.0";
