import type { AsyncApiDocument, EventOperation } from '../events/asyncApiDocument';
import type { OpenApiDocument } from '../rest/openApi';
import { codesOfEveryCall, unsaidCodes } from './commonCodes';
import { errorsView } from './errorsView';
import { type EventView, eventView } from './eventView';
import { type Html, html } from './html';
import { eventRules, restRules, startView } from './introduction';
import { paragraphs } from './markdown';
import { methodBadge, operationView, type RouteView } from './operationView';
import { anchorOfShape, membersTable } from './schemaView';

/** A part of the page with its entries, as the table of contents has them too. */
export interface Section {
  title: string;
  description?: string;
  entries: readonly { id: string; label: Html; view: Html }[];
}

/** All that the two documents say, in the order in which one reads it. */
export function sectionsOf(openApi: OpenApiDocument, asyncApi: AsyncApiDocument): Section[] {
  const routes = routesOf(openApi);
  const common = codesOfEveryCall(routes);
  const text = (id: string, label: string, view: Html) => ({ id, label: html`${label}`, view });
  return [
    {
      title: 'Basics',
      entries: [
        text('start', 'Start here', startView()),
        text('rest', 'How REST works', restRules(openApi)),
        text('events', 'How events work', eventRules(asyncApi)),
        text('errors', 'Errors', errorsView(common)),
      ],
    },
    ...openApi.tags.map(({ name, description }) => ({
      title: name,
      description,
      entries: routes
        .filter(({ operation }) => operation.tags.includes(name))
        .map((route) => ({
          id: route.operation.operationId,
          label: html`${methodBadge(route.method)} ${route.operation.summary}`,
          view: operationView(route, unsaidCodes(route, common)),
        })),
    })),
    eventSection(asyncApi, 'receive', 'Events you send', 'Each may ask for an ack.'),
    eventSection(asyncApi, 'send', 'Events you hear', 'What the server sends by itself.'),
    shapesSection({ ...openApi.components.schemas, ...asyncApi.components.schemas }),
  ];
}

function routesOf({ paths }: OpenApiDocument): RouteView[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method, path, operation })),
  );
}

function eventSection(
  document: AsyncApiDocument,
  action: EventOperation['action'],
  title: string,
  description: string,
): Section {
  const events = Object.entries(document.operations).filter(([, operation]) => operation.action === action);
  return {
    title,
    description,
    entries: events.flatMap(([id, operation]) => {
      const view = eventOf(document, id, operation);
      return view ? [{ id, label: html`<code>${view.message.name}</code>`, view: eventView(view) }] : [];
    }),
  };
}

function eventOf({ components }: AsyncApiDocument, id: string, operation: EventOperation): EventView | null {
  const find = (reference = '') => components.messages[reference.split('/').at(-1) ?? ''];
  const message = find(operation.messages[0]?.$ref);
  const ack = find(operation.reply?.messages[0]?.$ref);
  return message ? { id, operation, message, ...(ack && { ack }) } : null;
}

function shapesSection(schemas: OpenApiDocument['components']['schemas']): Section {
  return {
    title: 'Shapes',
    description: 'What routes and events share.',
    entries: Object.entries(schemas).map(([name, schema]) => {
      const id = anchorOfShape(name);
      const view = html`<section class="entry shape" id="${id}"><div class="text">
<h3><a class="anchor" href="#${id}">${name}</a></h3>
${paragraphs(schema.description ?? '')}${membersTable(schema)}</div></section>`;
      return { id, label: html`<code>${name}</code>`, view };
    }),
  };
}
