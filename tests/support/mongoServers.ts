import { findMongod, startMongod } from './mongod';
import { startMongoFront } from './mongoFront';
import type { MongoChoice, MongoProcess } from './mongoProcess';
import { findStandIn, startStandIn } from './mongoStandIn';
import { chosenMongo } from './testMongo';

/** Chooses the MongoDB of the tests: the one at `TEST_MONGODB_URL`, a `mongod`, the stand-in, or none. */
export async function chooseMongo(): Promise<MongoChoice> {
  const url = process.env.TEST_MONGODB_URL;
  if (url) return { kind: 'url', description: 'the one at TEST_MONGODB_URL', url };
  const reasons: string[] = [];
  try {
    const binary = await findMongod();
    return { kind: 'mongod', description: binary, binary };
  } catch (error) {
    reasons.push(`no mongod: ${messageOf(error)}`);
  }
  try {
    const binary = await findStandIn();
    return { kind: 'stand-in', description: `the stand-in jongodb 0.1.6 (${reasons.join('; ')})`, binary };
  } catch (error) {
    reasons.push(`no stand-in: ${messageOf(error)}`);
  }
  return { kind: 'none', reason: reasons.join('; ') };
}

/** Starts the chosen server; null if there is none to start. */
export async function startMongo(choice: MongoChoice): Promise<MongoProcess | null> {
  if (choice.kind === 'mongod') return startMongod(choice.binary);
  return choice.kind === 'stand-in' ? startRepairedStandIn(choice.binary) : null;
}

/** Starts the stand-in behind a front, as on its own it does not report which document of an insert was rejected. */
async function startRepairedStandIn(binary: string): Promise<MongoProcess> {
  const standIn = await startStandIn(binary);
  const front = await startMongoFront(standIn.url);
  return {
    ...standIn,
    url: front.url,
    async stop() {
      await front.stop();
      await standIn.stop();
    },
  };
}

/** Starts another server, which the test may stop and pause. Null if the run uses an external MongoDB or none. */
export async function startOwnMongo(): Promise<MongoProcess | null> {
  return startMongo(chosenMongo());
}

/** True if `startOwnMongo` can start one. */
export function canStartOwnMongo(): boolean {
  return ['mongod', 'stand-in'].includes(chosenMongo().kind);
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n')[0] ?? text;
}
