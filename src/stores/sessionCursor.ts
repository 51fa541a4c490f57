import { canonicalId } from '../domain/canonicalForms';
import { validationFailed } from '../domain/fields';

/** Where a page of sessions ended: the activity time and the id of its last session. */
export interface SessionCursor {
  activeAt: string;
  id: string;
}

/** Writes the place as text that is opaque to clients and safe in a URL. */
export function encodeCursor({ activeAt, id }: SessionCursor): string {
  return Buffer.from(`${activeAt} ${id}`).toString('base64url');
}

/** Reads what `encodeCursor` wrote. Throws `VALIDATION_FAILED` for anything else. */
export function decodeCursor(cursor: string): SessionCursor {
  const [, activeAt, id] = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) ([0-9a-f-]{36})$/i.exec(decode(cursor)) ?? [];
  if (!activeAt || !id) {
    throw validationFailed([{ field: 'cursor', message: 'must be the nextCursor of an earlier page' }]);
  }
  return { activeAt, id: canonicalId(id) };
}

function decode(cursor: string): string {
  return Buffer.from(cursor, 'base64url').toString();
}
