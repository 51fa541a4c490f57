import { Attacker } from './attacker';
import { HttpLane } from './httpLane';
import type { Input } from './inputs/input';
import { SocketLane } from './socketLane';
import type { Victim } from './victim';
import type { Words } from './words';

interface LaneAccounts {
  /** Ended by what is sent in its name, again and again. */
  caller: Attacker;
  /** Logged in throughout, so that a connection that ends has been ended by its own frames. */
  connected: Attacker;
  /** Another lane's caller. */
  other: Attacker;
}

/** One of those who send inputs at the same time, in the name of accounts of its own. */
export class Lane {
  private constructor(
    private readonly accounts: LaneAccounts,
    private readonly http: HttpLane,
    private readonly sockets: SocketLane,
    private readonly victim: Words,
  ) {}

  /** Lanes that have each other's accounts for those of others. */
  static async createAll(count: number, url: string, victim: Victim): Promise<Lane[]> {
    const accounts = await Promise.all(
      Array.from({ length: count }, async () => ({
        caller: await Attacker.create(url),
        connected: await Attacker.create(url),
      })),
    );
    return accounts.map((own, index) => {
      const other = accounts[(index + 1) % count]?.caller ?? own.caller;
      return Lane.create(url, { ...own, other }, victim);
    });
  }

  private static create(url: string, accounts: LaneAccounts, { secret, words }: Victim): Lane {
    const http = new HttpLane(url, accounts.caller, secret);
    const sockets = new SocketLane(url, accounts.connected, secret);
    return new Lane(accounts, http, sockets, words);
  }

  /** Sends an input and returns in a word what came of it; throws what the server did wrong. */
  send(input: Input): Promise<string> {
    switch (input.kind) {
      case 'event':
        return this.sockets.sendEvent(input, this.socketWords());
      case 'packets':
        return this.sockets.sendPackets(input, this.socketWords());
      case 'handshake':
        return this.sockets.shakeHands(input, this.socketWords());
      case 'polling':
        return this.http.poll(input, this.socketWords());
      default:
        return this.http.send(input, this.accounts.caller.words(this.accounts.other, this.victim));
    }
  }

  close(): void {
    this.http.close();
    this.sockets.close();
  }

  private socketWords(): Words {
    return this.accounts.connected.words(this.accounts.caller, this.victim);
  }
}
