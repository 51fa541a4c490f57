import { Fault } from './fault';

/** How long anything may take: long enough for a busy machine, since to be slow is no fault here. */
export const PATIENCE_MS = 15_000;

/** The promise, or a fault if it takes too long. */
export async function patiently<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Fault('wrongAnswer', `${what}: nothing for ${PATIENCE_MS} ms`)),
      PATIENCE_MS,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
