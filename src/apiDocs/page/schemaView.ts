import type { JsonSchema } from '../schemas/jsonSchema';
import { nameIn } from '../schemas/namedTypes';
import { type Html, html } from './html';
import { inline } from './markdown';

const FORMATS: Record<string, string> = {
  'date-time': 'time',
  uuid: 'UUID',
  email: 'email',
  password: 'string',
};

/** Where the page explains a named shape. */
export function anchorOfShape(name: string): string {
  return `shape-${name}`;
}

/** The type of a value in a few words, with links to the shapes that have names. */
export function typeOf(schema: JsonSchema): Html {
  const name = nameIn(schema.$ref);
  if (name !== undefined) return html`<a href="#${anchorOfShape(name)}">${name}</a>`;
  if (schema.oneOf) return joined(schema.oneOf.map(typeOf));
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.enum) return joined(schema.enum.map((value) => html`<code>${JSON.stringify(value)}</code>`));
  if (schema.items) return html`list of ${typeOf(schema.items)}`;
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  return joined(types.map((type) => html`${nameOfType(type, schema.format)}`));
}

function nameOfType(type: string, format: string | undefined): string {
  if (type === 'integer') return 'whole number';
  return (type === 'string' && format !== undefined && FORMATS[format]) || type;
}

function joined(parts: readonly Html[]): Html {
  return html`${parts.map((part, index) => (index === 0 ? part : html` or ${part}`))}`;
}

/** The members of an object, or what else the schema allows. */
export function membersTable(schema: JsonSchema): Html {
  const { properties, required = [] } = schema;
  if (!properties) return html`<p class="type">${typeOf(schema)}${textAfter(schema.description)}</p>`;
  const rows = Object.entries(properties).map(([name, member]) =>
    row(name, member, required.includes(name) ? null : 'optional'),
  );
  return html`<dl class="members">${rows}</dl>`;
}

/** One named value: its type, whether it may be missing, its limits, and what it means. */
export function row(name: string, schema: JsonSchema, note: string | null): Html {
  return html`<div><dt><code>${name}</code> <span class="type">${typeOf(schema)}</span>${
    note === null ? null : html` <span class="note">${note}</span>`
  }</dt><dd>${inline(schema.description ?? '')}${limitsOf(schema)}</dd></div>`;
}

function limitsOf({ minimum, maximum, default: standard }: JsonSchema): Html | null {
  const limits = [
    ...(maximum === undefined ? [] : [`${minimum ?? 0} to ${maximum}`]),
    ...(standard === undefined ? [] : [`${standard} unless given`]),
  ];
  return limits.length > 0 ? html` <span class="limits">${limits.join(', ')}.</span>` : null;
}

function textAfter(description: string | undefined): Html | null {
  return description === undefined ? null : html`: ${inline(description)}`;
}
