/**
 * A copy of a document in which no object has members that its schema doesn't name: clients are to ignore what they don't
 * know, the server is to send nothing that is not documented.
 */
export function closed(part: unknown): object {
  const copy = closedPart(part);
  if (typeof copy !== 'object' || copy === null) throw new Error('not a document');
  return copy;
}

function closedPart(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(closedPart);
  if (typeof part !== 'object' || part === null) return part;
  const copy = Object.fromEntries(Object.entries(part).map(([key, value]) => [key, closedPart(value)]));
  const isObject = 'properties' in part && typeof part.properties === 'object';
  return isObject ? { ...copy, unevaluatedProperties: false } : copy;
}
