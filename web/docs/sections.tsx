import type { ComponentChild, VNode } from 'preact';
import type { AsyncApiDocument, EventOperation, OpenApiDocument } from '../../src/apiDocs/documents';
import { anchorOfExport, ClientEntry, type ClientExport, ClientStart } from './ClientEntry';
import { codesOfEveryCall, impliedCodes } from './commonCodes';
import { Errors } from './Errors';
import { type DocumentedEvent, EventEntry } from './EventEntry';
import { GUIDES, GuideEntry } from './guides';
import { EventRules, RestRules, Start } from './Introduction';
import { Paragraphs } from './Markdown';
import { anchorOfSchema, Members } from './Members';
import { MethodBadge, OperationEntry, type Route } from './OperationEntry';

/** A part of the page. The table of contents lists its entries. */
export interface Section {
  title: string;
  description?: string;
  entries: readonly { id: string; label: ComponentChild; view: VNode }[];
}

/** The content of the page, in reading order. */
export function sectionsOf(
  openApi: OpenApiDocument,
  asyncApi: AsyncApiDocument,
  client: readonly ClientExport[],
): Section[] {
  const routes = routesOf(openApi);
  const common = codesOfEveryCall(routes);
  return [
    {
      title: 'Basics',
      entries: [
        { id: 'start', label: 'Start here', view: <Start /> },
        { id: 'rest', label: 'How REST works', view: <RestRules document={openApi} /> },
        { id: 'events', label: 'How events work', view: <EventRules document={asyncApi} /> },
        { id: 'errors', label: 'Errors', view: <Errors document={openApi} common={common} /> },
      ],
    },
    {
      title: 'Guides',
      description:
        'How to build a client that loses nothing, subject by subject. The client library does all of it.',
      entries: GUIDES.map((guide) => ({ id: guide.id, label: guide.title, view: <GuideEntry {...guide} /> })),
    },
    ...openApi.tags.map(({ name, description }) => ({
      title: name,
      description,
      entries: routes
        .filter(({ operation }) => operation.tags.includes(name))
        .map((route) => ({
          id: route.operation.operationId,
          label: (
            <>
              <MethodBadge method={route.method} /> {route.operation.summary}
            </>
          ),
          view: <OperationEntry {...route} implied={impliedCodes(route, common)} />,
        })),
    })),
    eventSection(asyncApi, 'receive', 'Events you send', 'Each may request an ack.'),
    eventSection(asyncApi, 'send', 'Events you receive', 'The server sends them on its own.'),
    clientSection(client),
    schemaSection({ ...openApi.components.schemas, ...asyncApi.components.schemas }),
  ];
}

function routesOf({ paths }: OpenApiDocument): Route[] {
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
  const entries = Object.entries(document.operations)
    .filter(([, operation]) => operation.action === action)
    .flatMap(([id, operation]) => {
      const event = documentedEvent(document, id, operation);
      if (!event) return [];
      return [{ id, label: <code>{event.message.name}</code>, view: <EventEntry {...event} /> }];
    });
  return { title, description, entries };
}

function documentedEvent(
  { components }: AsyncApiDocument,
  id: string,
  operation: EventOperation,
): DocumentedEvent | null {
  const find = (reference = '') => components.messages[reference.split('/').at(-1) ?? ''];
  const message = find(operation.messages[0]?.$ref);
  const ack = find(operation.reply?.messages[0]?.$ref);
  return message ? { id, operation, message, ...(ack && { ack }) } : null;
}

function clientSection(exports: readonly ClientExport[]): Section {
  const names = new Set(exports.map(({ name }) => name));
  return {
    title: 'Client library',
    description: 'Everything that smart-chat-client exports.',
    entries: [
      { id: 'client', label: 'Use the client library', view: <ClientStart /> },
      ...exports.map((each) => ({
        id: anchorOfExport(each.name),
        label: <code>{each.name}</code>,
        view: <ClientEntry {...each} names={names} />,
      })),
    ],
  };
}

function schemaSection(schemas: OpenApiDocument['components']['schemas']): Section {
  return {
    title: 'Schemas',
    description: 'The types that routes and events share.',
    entries: Object.entries(schemas).map(([name, schema]) => {
      const id = anchorOfSchema(name);
      const view = (
        <section class="entry schema" id={id}>
          <div class="text">
            <h3>
              <a class="anchor" href={`#${id}`}>
                {name}
              </a>
            </h3>
            <Paragraphs text={schema.description ?? ''} />
            <Members schema={schema} />
          </div>
        </section>
      );
      return { id, label: <code>{name}</code>, view };
    }),
  };
}
