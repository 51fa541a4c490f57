import type { OpenApiDocument } from '../../src/apiDocs/documents';
import { ERROR_CATALOGUE } from '../../src/domain/errors';
import { JsonBlock, scrollable } from './Code';
import { anchorOfError } from './Markdown';
import { StatusBadge } from './OperationEntry';

const ANY_CALL = 'any call';
const ANY_CALL_WITH_TOKEN = `${ANY_CALL} with a token`;

interface ErrorsProps {
  document: OpenApiDocument;
  /** The codes that every call can return. */
  common: ReadonlySet<string>;
}

/** Every error code, and an example of an error over REST. */
export function Errors({ document, common }: ErrorsProps) {
  return (
    <section class="entry" id="errors">
      <div class="text">
        <h3>
          <a class="anchor" href="#errors">
            Errors
          </a>
        </h3>
        <p>
          REST responds with the status and a problem, sockets with the same code in an ack or an{' '}
          <code>error</code> event. Codes marked <span class="note">{ANY_CALL}</span> can come from every
          route and are not repeated there.
        </p>
        <div class="scroll" {...scrollable('Error codes')}>
          <table>
            <thead>
              <tr>
                <th>Status</th>
                <th>Code</th>
                <th>Meaning</th>
              </tr>
            </thead>
            <tbody>
              {Object.entries(ERROR_CATALOGUE).map(([code, { status, title, detail }]) => (
                <tr key={code} id={anchorOfError(code)}>
                  <td>
                    <StatusBadge status={String(status)} />
                  </td>
                  <td>
                    <code>{code}</code>
                    {common.has(code) && (
                      <>
                        {' '}
                        <span class="note">{status === 401 ? ANY_CALL_WITH_TOKEN : ANY_CALL}</span>
                      </>
                    )}
                  </td>
                  <td>
                    <strong>{title}.</strong> {detail}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
      <div class="samples">
        <JsonBlock title="A problem" value={exampleProblem(document)} />
      </div>
    </section>
  );
}

/** The document's example of the first code, for a path without an id. */
function exampleProblem({ paths }: OpenApiDocument): unknown {
  const response = paths['/api/sessions/{sessionId}/messages']?.post?.responses[400];
  const value = response?.content?.['application/problem+json']?.examples?.VALIDATION_FAILED?.value;
  return Object.assign({}, value, { instance: '/api/sessions/…/messages' });
}
