import { holdAnswer } from './answers';

/** The global `fetch`, with every response checked against the server's document. */
export const documentedFetch: typeof fetch = async (input, init = {}) => {
  const response = await fetch(input, init);
  const text = await textOf(response);
  if (text !== null) {
    const { status, headers } = response;
    const { method = 'GET' } = init;
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    holdAnswer({ method, path: pathname, status, headers: Object.fromEntries(headers), text });
  }
  return response;
};

/** Null if the body did not arrive completely; the caller gets the error when it reads the response. */
async function textOf(response: Response): Promise<string | null> {
  try {
    return await response.clone().text();
  } catch {
    return null;
  }
}
