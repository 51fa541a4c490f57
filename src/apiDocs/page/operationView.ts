import type { Answer } from '../rest/answers';
import type { PathOperation } from '../rest/openApi';
import { codeBlock, jsonBlock } from './code';
import { type Html, html } from './html';
import { anchorOfError, inline, paragraphs } from './markdown';
import { membersTable, row, typeOf } from './schemaView';
import { curlSnippet } from './snippets';

export interface RouteView {
  method: string;
  path: string;
  operation: PathOperation;
}

/** A route: what it takes, what it answers but for the codes that go without saying, and how to call it. */
export function operationView({ method, path, operation }: RouteView, unsaid: ReadonlySet<string>): Html {
  const { operationId, summary, description, security, parameters = [], requestBody, responses } = operation;
  const body = requestBody?.content['application/json'];
  return html`<section class="entry" id="${operationId}">
<div class="text">
<h3><a class="anchor" href="#${operationId}">${summary}</a></h3>
<p class="route">${methodBadge(method)} <code>${pathText(path)}</code>${
    security.length === 0 ? html` <span class="tag">public</span>` : null
  }</p>
${paragraphs(description)}
${
  parameters.length === 0
    ? null
    : html`<h4>Parameters</h4><dl class="members">${parameters.map((parameter) =>
        row(
          parameter.name,
          parameter.schema,
          parameter.in === 'path' ? 'in the path' : 'in the query, optional',
        ),
      )}</dl>`
}
${body ? html`<h4>Body${requestBody?.required === false ? html` <span class="note">optional</span>` : null}</h4>${membersTable(body.schema)}` : null}
<h4>Answers</h4>
<ul class="answers">${Object.entries(responses).flatMap(([status, answer]) => answerLines(status, answer, unsaid))}</ul>
</div>
<div class="samples">
${codeBlock('curl', 'shell', curlSnippet(method, path, operation))}
${samplesOf(responses)}
</div>
</section>`;
}

export function methodBadge(method: string): Html {
  return html`<span class="method ${method}">${method.toUpperCase()}</span>`;
}

function pathText(path: string): Html[] {
  return path
    .split(/(\{\w+\})/)
    .map((part) => (part.startsWith('{') ? html`<em>${part}</em>` : html`${part}`));
}

/** The lines of an answer: its meaning, or its codes but for those that go without saying. */
function answerLines(status: string, { description, content }: Answer, unsaid: ReadonlySet<string>): Html[] {
  const problems = content?.['application/problem+json']?.examples;
  if (!problems) {
    const schema = content?.['application/json']?.schema;
    const type = schema?.$ref === undefined ? null : html` → ${typeOf(schema)}`;
    return [html`<li>${statusBadge(status)} <span>${inline(description)}${type}</span></li>`];
  }
  const codes = Object.entries(problems).filter(([code]) => !unsaid.has(code));
  return codes.map(
    ([code, { summary }]) =>
      html`<li>${statusBadge(status)} <span><a href="#${anchorOfError(code)}"><code>${code}</code></a> ${summary}</span></li>`,
  );
}

function statusBadge(status: string): Html {
  return html`<span class="status s${status.charAt(0)}">${status}</span>`;
}

/** Each example once, with all its statuses. */
function samplesOf(responses: PathOperation['responses']): Html[] {
  const statuses = new Map<unknown, string[]>();
  for (const [status, { content }] of Object.entries(responses)) {
    const example = content?.['application/json']?.example;
    if (example !== undefined) statuses.set(example, [...(statuses.get(example) ?? []), status]);
  }
  return Array.from(statuses, ([example, all]) => jsonBlock(all.join(' or '), example));
}
