import type { PathOperation, RestResponse } from '../../src/apiDocs/documents';
import { CodeTabs, JsonBlock } from './Code';
import { anchorOfError, Inline, Paragraphs } from './Markdown';
import { Member, Members, TypeName } from './Members';
import { callSnippets } from './snippets';

export interface Route {
  method: string;
  path: string;
  operation: PathOperation;
}

interface OperationEntryProps extends Route {
  /** The codes that the list of responses leaves out. */
  implied: ReadonlySet<string>;
}

/** A route: its parameters, body and responses, and how to call it. */
export function OperationEntry({ method, path, operation, implied }: OperationEntryProps) {
  const { operationId, summary, description, security, parameters = [], requestBody, responses } = operation;
  const body = requestBody?.content['application/json'];
  return (
    <section class="entry" id={operationId}>
      <div class="text">
        <h3>
          <a class="anchor" href={`#${operationId}`}>
            {summary}
          </a>
        </h3>
        <p class="route">
          <MethodBadge method={method} /> <code>{pathText(path)}</code>
          {security.length === 0 && (
            <>
              {' '}
              <span class="tag">public</span>
            </>
          )}
        </p>
        <Paragraphs text={description} />
        {parameters.length > 0 && (
          <>
            <h4>Parameters</h4>
            <dl class="members">
              {parameters.map(({ name, schema, in: place }) => (
                <Member
                  key={name}
                  name={name}
                  schema={schema}
                  note={place === 'path' ? 'in the path' : 'in the query, optional'}
                />
              ))}
            </dl>
          </>
        )}
        {body && (
          <>
            <h4>
              Body
              {requestBody?.required === false && (
                <>
                  {' '}
                  <span class="note">optional</span>
                </>
              )}
            </h4>
            <Members schema={body.schema} />
          </>
        )}
        <h4>Responses</h4>
        <ul class="responses">
          {Object.entries(responses).map(([status, response]) => (
            <ResponseLines key={status} status={status} response={response} implied={implied} />
          ))}
        </ul>
      </div>
      <div class="samples">
        <CodeTabs snippets={callSnippets(method, path, operation)} />
        {examplesOf(responses).map(({ title, value }) => (
          <JsonBlock key={title} title={title} value={value} />
        ))}
      </div>
    </section>
  );
}

export function MethodBadge({ method }: { method: string }) {
  return <span class={`method ${method}`}>{method.toUpperCase()}</span>;
}

export function StatusBadge({ status }: { status: string }) {
  return <span class={`status s${status.charAt(0)}`}>{status}</span>;
}

function pathText(path: string) {
  return path.split(/(\{\w+\})/).map((part) => (part.startsWith('{') ? <em>{part}</em> : part));
}

interface ResponseLinesProps {
  status: string;
  response: RestResponse;
  implied: ReadonlySet<string>;
}

/** A success is one line. An error status has a line for each of its codes. */
function ResponseLines({ status, response, implied }: ResponseLinesProps) {
  const { description, content } = response;
  const problems = content?.['application/problem+json']?.examples;
  if (!problems) {
    const schema = content?.['application/json']?.schema;
    return (
      <li>
        <StatusBadge status={status} />{' '}
        <span>
          <Inline text={description} />
          {schema?.$ref !== undefined && (
            <>
              {' → '}
              <TypeName schema={schema} />
            </>
          )}
        </span>
      </li>
    );
  }
  const codes = Object.entries(problems).filter(([code]) => !implied.has(code));
  return (
    <>
      {codes.map(([code, { summary }]) => (
        <li key={code}>
          <StatusBadge status={status} />{' '}
          <span>
            <a href={`#${anchorOfError(code)}`}>
              <code>{code}</code>
            </a>{' '}
            {summary}
          </span>
        </li>
      ))}
    </>
  );
}

/** Each example of a success, titled with all statuses that share it. */
function examplesOf(responses: PathOperation['responses']): { title: string; value: unknown }[] {
  const statuses = new Map<unknown, string[]>();
  for (const [status, { content }] of Object.entries(responses)) {
    const example = content?.['application/json']?.example;
    if (example !== undefined) statuses.set(example, [...(statuses.get(example) ?? []), status]);
  }
  return Array.from(statuses, ([value, all]) => ({ title: all.join(' or '), value }));
}
