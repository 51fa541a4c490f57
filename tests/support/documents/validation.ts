import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import { buildAsyncApi } from '../../../src/apiDocs/asyncApi';
import { buildOpenApi } from '../../../src/apiDocs/openApi';
import { closed } from './closed';

export const openApi = buildOpenApi();
export const asyncApi = buildAsyncApi();

const DOCUMENTS = { openApi, asyncApi };

const FORMATS = {
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
  email: /^[^@\s]+@[^@\s]+$/,
  password: true,
} as const;

let ajv: Ajv2020 | undefined;

/** The compiled schema at a place of a document, whose objects have no other members than it names. */
function validatorAt(document: keyof typeof DOCUMENTS, place: readonly string[]): ValidateFunction {
  ajv ??= newAjv();
  const pointer = place.map((step) => `/${encodeURIComponent(escapeStep(step))}`).join('');
  const validator = ajv.getSchema(`${document}#${pointer}`);
  if (!validator) throw new Error(`${document} has no schema at ${pointer}`);
  return validator;
}

function newAjv(): Ajv2020 {
  const made = new Ajv2020({ strict: false, allErrors: true, validateSchema: false, formats: FORMATS });
  for (const [name, document] of Object.entries(DOCUMENTS)) made.addSchema(closed(document), name);
  return made;
}

function escapeStep(step: string): string {
  return step.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** What is wrong with a value by the schema at a place of a document; null if nothing is. */
export function mistakeIn(
  value: unknown,
  document: keyof typeof DOCUMENTS,
  ...place: readonly string[]
): string | null {
  const validate = validatorAt(document, place);
  if (validate(value)) return null;
  const errors = (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath || 'it'} ${message} ${JSON.stringify(params)}`,
  );
  return `${errors.join('; ')}: ${JSON.stringify(value)?.slice(0, 500)}`;
}
