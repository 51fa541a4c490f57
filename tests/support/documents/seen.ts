/** What of the documents this test file has seen the server really do, each as one line of text. */
export const seenAnswers = new Set<string>();
export const seenEvents = new Set<string>();

/** The name of an answer: the operation, the status, and the code where it is a problem. */
export function answerName(operationId: string, status: number | string, code = ''): string {
  return `${operationId} ${status} ${code}`.trimEnd();
}

export function noteAnswer(operationId: string, status: number, code: string): void {
  seenAnswers.add(answerName(operationId, status, code));
}

/** The code in an answer's text; empty if it has none. */
export function codeOf(text: string): string {
  return /"code":"([A-Z_]+)"/.exec(text)?.[1] ?? '';
}
