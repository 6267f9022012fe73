/** The headers of every answer: none may be kept, or taken for what it does not say it is. */
export const answerHeaders = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" } as const;
