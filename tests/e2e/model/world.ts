import { randomUUID } from 'node:crypto';
import type { Message } from '../../../src/domain/message';
import type { Session } from '../../../src/domain/session';
import { times } from '../../../testkit/builders';
import { signUp } from '../../support/client';
import type { TestServer } from '../../support/testServer';
import { type Account, Device } from './device';
import { RestClient } from './restClient';
import { OWNERS, SESSIONS } from './steps';

/** What there is under a session's id: whose it is, and its history. */
export interface Kept {
  /** The index of the user. */
  owner: number;
  session: Session;
  history: Message[];
}

/** The users of one server, and the devices and sessions of one run. */
export class World {
  readonly sessionIds = times(SESSIONS, () => randomUUID());
  readonly devices: readonly Device[];
  private serial = 0;

  constructor(private readonly accounts: readonly Account[]) {
    this.devices = OWNERS.map((user) => new Device(at(accounts, user), SESSIONS));
  }

  static async signUp(server: TestServer): Promise<Account[]> {
    const logins = await Promise.all([signUp(server), signUp(server)]);
    return logins.map(({ token, user: { id } }, user) => {
      return { user, url: server.url, token, userId: id, rest: new RestClient(server.url, token) };
    });
  }

  device(index: number): Device {
    return at(this.devices, index);
  }

  sessionId(index: number): string {
    return at(this.sessionIds, index);
  }

  /** A number that comes once in a run. */
  nextSerial(): number {
    this.serial += 1;
    return this.serial;
  }

  /** What is stored under this id; null if nobody has it. */
  async look(index: number): Promise<Kept | null> {
    const id = this.sessionId(index);
    const found = await Promise.all(
      this.accounts.map(async ({ user, rest }) => {
        const session = (await rest.call<Session>('GET', `/${id}`))?.body;
        const history = await rest.history(id, 100, true);
        expect(history === null).toBe(session === undefined);
        return session && history ? [{ owner: user, session, history }] : [];
      }),
    );
    const [kept = null, ...more] = found.flat();
    expect(more).toEqual([]);
    return kept;
  }
}

export function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new RangeError(`there is no ${index} of ${list.length}`);
  return item;
}
