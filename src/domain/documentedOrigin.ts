/** The origin of the server in the examples of the API reference, which the server replaces by its own. */
export const DOCUMENTED_ORIGIN = 'http://localhost:3001';
