// Writes docs/errors.md from the table of error codes. Run after `npm run build`: node scripts/error-reference.mjs
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Gives the text of docs/errors.md. */
export function formatErrorReference(errorCodes) {
  const rows = Object.entries(errorCodes).map(
    ([code, { httpStatus, meaning, remedy }]) => `| \`${code}\` | ${httpStatus} | ${meaning} | ${remedy} |`,
  );
  return `# Errors

Every error that LiveDist throws is a \`LiveDistError\` with a \`code\` from this table; the code is stable on the wire.
Made from \`src/base/error-codes.ts\` by \`node scripts/error-reference.mjs\`.

| code | HTTP status | what happened | what to do |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
}

const self = fileURLToPath(import.meta.url);
if (process.argv[1] === self) {
  const root = dirname(dirname(self));
  const { errorCodes } = await import(join(root, "dist", "base", "error-codes.js"));
  writeFileSync(join(root, "docs", "errors.md"), formatErrorReference(errorCodes));
}
