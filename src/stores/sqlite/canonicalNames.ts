import { CanonicalNames, refuseCollisions, type StoredName } from '../canonicalNames';
import { type Row, type SqliteDatabase, text } from './driver';

const EMAILS = 'SELECT email AS name, username AS owner FROM users';
const SESSIONS =
  'SELECT sessions.id AS name, username AS owner FROM sessions JOIN users ON users.id = user_id';

/**
 * Renames emails and session ids to their canonical forms. Throws `UnusableDatabase`, having changed nothing, if two rows would get the
 * same one. Earlier versions stored these texts as clients wrote them; all other ids were created by the server, in small letters.
 */
export function renameToCanonical(database: SqliteDatabase): void {
  const find = (sql: string, ...values: string[]) =>
    database
      .prepare(sql)
      .all(...values)
      .map(toStoredName);
  const emails = CanonicalNames.ofEmails(
    find(`${EMAILS} WHERE email GLOB '*[^!-~]*' OR email GLOB '*[A-Z]*'`),
  );
  const sessions = CanonicalNames.ofSessions(find(`${SESSIONS} WHERE sessions.id GLOB '*[A-F]*'`));
  emails.addAll(emails.targets.flatMap((email) => find(`${EMAILS} WHERE email = ?`, email)));
  sessions.addAll(sessions.targets.flatMap((id) => find(`${SESSIONS} WHERE sessions.id = ?`, id)));
  refuseCollisions(emails, sessions);
  const setEmail = database.prepare('UPDATE users SET email = ? WHERE email = ?');
  const setId = database.prepare('UPDATE sessions SET id = ? WHERE id = ?');
  for (const { from, to } of emails.renamings) setEmail.run(to, from);
  for (const { from, to } of sessions.renamings) setId.run(to, from);
}

function toStoredName(row: Row): StoredName {
  return { name: text(row.name), owner: text(row.owner) };
}
