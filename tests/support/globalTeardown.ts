import { tearDownMongo } from './mongoTeardown';
import { removeBuild } from './serverBuild';

export default async function globalTeardown(): Promise<void> {
  removeBuild();
  await tearDownMongo();
}
