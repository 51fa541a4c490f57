import { randomUUID } from 'node:crypto';
import type { Login } from '../../src/domain/user';
import { at, newLogin, times } from '../../testkit/builders';
import { addLogin, addUser, type OpenStore, useStore } from './storeFixture';

export function loginContract(openStore: OpenStore): void {
  const db = useStore(openStore);
  const rotation = { lastUsedAt: at(60), expiresAt: at(7200) };

  async function addUserWithLogin(fields: Partial<Login> = {}): Promise<Login> {
    const user = await addUser(db.store);
    const login = newLogin(user.id, fields);
    await addLogin(db.store, login);
    return login;
  }

  test('a login is found as it was created', async () => {
    const login = await addUserWithLogin({ userAgent: 'Ünïcode 📱', ip: '2001:db8::1' });
    expect(await db.store.findLogin(login.id)).toStrictEqual(login);
  });

  test('a login of an unknown device is found with nulls', async () => {
    const login = await addUserWithLogin({ userAgent: null, ip: null });
    expect(await db.store.findLogin(login.id)).toStrictEqual(login);
  });

  test('a user has several logins', async () => {
    const first = await addUserWithLogin();
    const second = newLogin(first.userId, { createdAt: at(5) });
    await addLogin(db.store, second);

    expect(await db.store.findLogin(first.id)).toStrictEqual(first);
    expect(await db.store.findLogin(second.id)).toStrictEqual(second);
  });

  test('a login is created only with the password hash that its user has', async () => {
    const user = await addUser(db.store);
    const [current, outdated] = [newLogin(user.id), newLogin(user.id)];
    const changed = { passwordHash: 'hash of the next password', updatedAt: at(9) };
    await db.store.updateUser(user.id, changed);

    expect(await db.store.createLogin(outdated, user.passwordHash)).toBe(false);
    expect(await db.store.findLogin(outdated.id)).toBeNull();
    expect(await db.store.createLogin(current, changed.passwordHash)).toBe(true);
    expect(await db.store.findLogin(current.id)).toStrictEqual(current);
  });

  test('rotating moves the generation on, and both times, which nobody has confirmed, and nothing else', async () => {
    const login = await addUserWithLogin({ generation: 3 });
    const rotated = { ...login, ...rotation, generation: 4, confirmedAt: null };

    expect(await db.store.rotateLogin(login.id, 3, rotation)).toStrictEqual(rotated);
    expect(await db.store.findLogin(login.id)).toStrictEqual(rotated);
  });

  test('rotating touches no other login of the user', async () => {
    const login = await addUserWithLogin();
    const other = newLogin(login.userId);
    await addLogin(db.store, other);

    await db.store.rotateLogin(login.id, 0, rotation);
    expect(await db.store.findLogin(other.id)).toStrictEqual(other);
  });

  test.each([2, 4])('from generation 3, naming generation %i rotates nothing', async (generation) => {
    const login = await addUserWithLogin({ generation: 3 });

    expect(await db.store.rotateLogin(login.id, generation, rotation)).toBeNull();
    expect(await db.store.findLogin(login.id)).toStrictEqual(login);
  });

  test('of many rotations from one generation at once, one succeeds', async () => {
    const login = await addUserWithLogin();
    const rotations = times(10, (i) => ({ lastUsedAt: at(60 + i), expiresAt: at(7200 + i) }));
    const attempts = rotations.map((wanted) => db.store.rotateLogin(login.id, 0, wanted));
    const results = await Promise.all(attempts);

    const winner = results.findIndex((result) => result !== null);
    const rotated = { ...login, ...rotations[winner], generation: 1, confirmedAt: null };
    expect(results.filter((result) => result !== null)).toStrictEqual([rotated]);
    expect(await db.store.findLogin(login.id)).toStrictEqual(rotated);
  });

  test('the first confirmation of the current generation counts, and it touches nothing else', async () => {
    const login = await addUserWithLogin({ generation: 3, confirmedAt: null });
    const other = await addUserWithLogin({ generation: 3, confirmedAt: null });

    for (const generation of [2, 4]) await db.store.confirmLogin(login.id, generation, at(10));
    expect(await db.store.findLogin(login.id)).toStrictEqual(login);

    await Promise.all([11, 12].map((second) => db.store.confirmLogin(login.id, 3, at(second))));
    const confirmed = await db.store.findLogin(login.id);
    expect([at(11), at(12)]).toContain(confirmed?.confirmedAt);
    expect(confirmed).toStrictEqual({ ...login, confirmedAt: confirmed?.confirmedAt });
    await db.store.confirmLogin(login.id, 3, at(13));
    expect(await db.store.findLogin(login.id)).toStrictEqual(confirmed);
    expect(await db.store.findLogin(other.id)).toStrictEqual(other);
    expect(await (await db.reopen()).findLogin(login.id)).toStrictEqual(confirmed);
  });

  test('confirming a login that does not exist changes nothing', async () => {
    const id = randomUUID();
    await db.store.confirmLogin(id, 0, at(1));
    expect(await db.store.findLogin(id)).toBeNull();
  });

  test('a deleted login is gone, alone', async () => {
    const login = await addUserWithLogin();
    const other = newLogin(login.userId);
    await addLogin(db.store, other);

    expect(await db.store.deleteLogin(login.userId, login.id)).toBe(true);

    expect(await db.store.findLogin(login.id)).toBeNull();
    expect(await db.store.rotateLogin(login.id, 0, rotation)).toBeNull();
    expect(await db.store.deleteLogin(login.userId, login.id)).toBe(false);
    expect(await db.store.findLogin(other.id)).toStrictEqual(other);
  });

  test('a login that never was can be neither found, rotated nor deleted', async () => {
    expect(await db.store.findLogin(randomUUID())).toBeNull();
    expect(await db.store.rotateLogin(randomUUID(), 0, rotation)).toBeNull();
    expect(await db.store.deleteLogin(randomUUID(), randomUUID())).toBe(false);
  });

  test('rotations and deletions survive closing and opening', async () => {
    const rotated = await addUserWithLogin();
    const deleted = await addUserWithLogin();
    await db.store.rotateLogin(rotated.id, 0, rotation);
    await db.store.deleteLogin(deleted.userId, deleted.id);

    const reopened = await db.reopen();
    expect(await reopened.findLogin(rotated.id)).toStrictEqual({
      ...rotated,
      ...rotation,
      generation: 1,
      confirmedAt: null,
    });
    expect(await reopened.rotateLogin(rotated.id, 0, rotation)).toBeNull();
    expect(await reopened.findLogin(deleted.id)).toBeNull();
  });
}
