/** Far more than anything here takes, in milliseconds: what isn't there by then never comes. */
const NEVER_MS = 45_000;

/** Resolves as the promise does; rejects, and says what for, if it takes forever. */
export async function soon<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const never = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${NEVER_MS / 1000} s for ${what}`)), NEVER_MS);
  });
  try {
    return await Promise.race([promise, never]);
  } finally {
    clearTimeout(timer);
  }
}
