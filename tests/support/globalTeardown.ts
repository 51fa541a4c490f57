import { tearDownMongo } from './mongoRun';
import { removeBuild } from './serverBuild';
import { closeBrowserOfWorker } from './workerBrowser';

export default async function globalTeardown(): Promise<void> {
  await closeBrowserOfWorker();
  removeBuild();
  await tearDownMongo();
}
