import { connections, type mongo } from 'mongoose';
import type { ChatStore } from '../src/stores/chatStore';
import { openStore } from '../src/stores/open';

/** The commands that a store has sent to its MongoDB server since the last `restart`. */
export interface RoundTrips {
  /** All commands. */
  readonly commands: number;
  /** The longest chain of commands that each waited for the one before. Latency is a multiple of it. */
  readonly sequential: number;
  restart(): void;
}

/** Opens a store on a MongoDB database and counts its commands by the events of the driver. */
export async function openCountedStore(url: string): Promise<{ store: ChatStore; roundTrips: RoundTrips }> {
  const monitored = `${url}${url.includes('?') ? '&' : '?'}monitorCommands=true`;
  const others = new Set(connections);
  const store = await openStore({ kind: 'mongodb', url: monitored });
  const connection = connections.find((each) => !others.has(each));
  if (!connection) throw new Error('The store has no connection');
  return { store, roundTrips: countRoundTrips(connection.getClient()) };
}

function countRoundTrips(client: mongo.MongoClient): RoundTrips {
  /** The position in its chain of each command in flight, by the id of its request. */
  const positions = new Map<number, number>();
  let commands = 0;
  let longest = 0;
  const onEnd = ({ requestId }: { requestId: number }) => {
    longest = Math.max(longest, positions.get(requestId) ?? 0);
    positions.delete(requestId);
  };
  client.on('commandStarted', ({ requestId }) => {
    commands++;
    positions.set(requestId, longest + 1);
  });
  client.on('commandSucceeded', onEnd);
  client.on('commandFailed', onEnd);
  return {
    get commands() {
      return commands;
    },
    get sequential() {
      return longest;
    },
    restart() {
      positions.clear();
      commands = 0;
      longest = 0;
    },
  };
}
