import { tearDownMongo } from './mongoRun';
import { removeBuild } from './serverBuild';

export default async function globalTeardown(): Promise<void> {
  removeBuild();
  await tearDownMongo();
}
