import { connections, type mongo } from 'mongoose';
import type { ChatStore } from '../src/stores/chatStore';
import { openMongoStore } from '../src/stores/mongo/store';

/** What a store asked its MongoDB server for since the last `restart`. */
export interface RoundTrips {
  /** Every command. */
  readonly commands: number;
  /** Commands that each waited for the end of the one before: what the latency is made of. */
  readonly oneAfterAnother: number;
  restart(): void;
}

/** Opens a store and counts its round trips by the driver's own events. */
export async function openCountedStore(url: string): Promise<{ store: ChatStore; roundTrips: RoundTrips }> {
  const watched = `${url}${url.includes('?') ? '&' : '?'}monitorCommands=true`;
  const others = new Set(connections);
  const store = await openMongoStore(watched);
  const connection = connections.find((each) => !others.has(each));
  if (!connection) throw new Error('the store has no connection');
  return { store, roundTrips: countRoundTrips(connection.getClient()) };
}

function countRoundTrips(client: mongo.MongoClient): RoundTrips {
  const places = new Map<number, number>();
  let commands = 0;
  let longest = 0;
  const onEnd = ({ requestId }: { requestId: number }) => {
    longest = Math.max(longest, places.get(requestId) ?? 0);
    places.delete(requestId);
  };
  client.on('commandStarted', ({ requestId }) => {
    commands++;
    places.set(requestId, longest + 1);
  });
  client.on('commandSucceeded', onEnd);
  client.on('commandFailed', onEnd);
  return {
    get commands() {
      return commands;
    },
    get oneAfterAnother() {
      return longest;
    },
    restart() {
      places.clear();
      commands = 0;
      longest = 0;
    },
  };
}
