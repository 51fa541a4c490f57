/**
 * Writes the files of the documentation to stdout, as one JSON object: the text of each file by its path in the folder of the web files.
 * The build of the web files bundles this program and runs it.
 */
import { buildAsyncApi } from '../src/apiDocs/asyncApi';
import { buildOpenApi } from '../src/apiDocs/openApi';
import { describeForModels } from '../web/docs/llms';
import { buildPostmanCollection } from '../web/docs/postman';

const openApi = buildOpenApi();
const files = {
  'llms.txt': describeForModels(openApi, buildAsyncApi()),
  'docs/postman.json': `${JSON.stringify(buildPostmanCollection(openApi), null, 2)}\n`,
};
process.stdout.write(JSON.stringify(files));
