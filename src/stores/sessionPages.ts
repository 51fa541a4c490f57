import { validationFailed } from '../domain/fields';
import { timestampOf } from '../utils/clock';

/** A place in the list of a user's sessions. */
export interface SessionPlace {
  activeAt: string;
  id: string;
}

/**
 * How far before the first page the moved sessions begin, in milliseconds. It covers messages that got their timestamp before that
 * page was read and were stored after it, and the clocks of other servers.
 */
const MARGIN_MS = 5_000;

/**
 * A page to read. A session that gets a message moves to the front of the list, so one that moves between two pages would be on
 * neither. Therefore the list has two parts: first all sessions, the newest activity first; then, the oldest activity first, those
 * that were active since the first page was read. In this order a session that moves again is still ahead.
 */
export interface SessionPagePlan {
  limit: number;
  /** Read the sessions before this place, the newest first; null in the second part. */
  olderThan: SessionPlace | null;
  /** If the first part does not fill the page, read the sessions after this place, the oldest first; null on the first page. */
  activeAfter: SessionPlace | null;
  /** When the second part begins, for the cursor of the next page. */
  since: string;
}

/** Sorts after every activity time and id. */
const NEWEST = { activeAt: '~', id: '~' };

/** Plans a page. Throws `VALIDATION_FAILED` if the cursor is not from `toSessionPage`. `now` is the current time. */
export function planSessionPage(
  { limit, cursor }: { limit: number; cursor?: string },
  now: string,
): SessionPagePlan {
  const sinceNow = timestampOf(Date.parse(now) - MARGIN_MS);
  if (cursor === undefined) return { limit, olderThan: NEWEST, activeAfter: null, since: sinceNow };
  const { part, place, since: sinceFirst } = decodeCursor(cursor);
  // Earlier than the first page only if the clock was set back: sessions that are active from now on get earlier times than before.
  const since = sinceNow < sinceFirst ? sinceNow : sinceFirst;
  return part === 'older'
    ? { limit, olderThan: place, activeAfter: { activeAt: since, id: '' }, since }
    : { limit, olderThan: null, activeAfter: place, since };
}

/**
 * Assembles a page. `older` and `active` have one session more than `limit` if there are that many; `active` may be empty if `older`
 * fills the page.
 */
export function toSessionPage<T>(
  { limit, activeAfter, since }: SessionPagePlan,
  older: readonly T[],
  active: readonly T[],
  placeOf: (session: T) => SessionPlace,
): { sessions: T[]; nextCursor: string | null } {
  const lastOlder = older[limit - 1];
  if (older.length > limit && lastOlder) {
    return {
      sessions: older.slice(0, limit),
      nextCursor: encodeCursor({ part: 'older', place: placeOf(lastOlder), since }),
    };
  }
  const onPage = new Set(older.map((session) => placeOf(session).id));
  const others = active.filter((session) => !onPage.has(placeOf(session).id));
  const moved = others.slice(0, limit - older.length);
  const last = moved.at(-1);
  const place = last ? placeOf(last) : activeAfter;
  const hasMore = place && others.length > moved.length;
  return {
    sessions: [...older, ...moved],
    nextCursor: hasMore ? encodeCursor({ part: 'active', place, since }) : null,
  };
}

interface Cursor {
  part: 'older' | 'active';
  place: SessionPlace;
  since: string;
}

/** Text that is opaque to clients and safe in a URL. */
function encodeCursor({ part, place, since }: Cursor): string {
  return Buffer.from(`${part} ${since} ${place.activeAt} ${place.id}`).toString('base64url');
}

const TIME = String.raw`\d{4}-\d\d-\d\dT[\d:.]+Z`;
const CURSOR = new RegExp(`^(older|active) (${TIME}) (${TIME}) ([0-9a-f-]{36}|)$`);

function decodeCursor(cursor: string): Cursor {
  const [, part, since, activeAt, id] = CURSOR.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (!part || !since || !activeAt || id === undefined) {
    throw validationFailed([{ field: 'cursor', message: 'must be the nextCursor of an earlier page' }]);
  }
  return { part: part === 'older' ? part : 'active', place: { activeAt, id }, since };
}
