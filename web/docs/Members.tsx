import type { ComponentChild } from 'preact';
import type { JsonSchema } from '../../src/apiDocs/jsonSchema';
import { Inline } from './Markdown';

const FORMATS: Record<string, string> = {
  'date-time': 'time',
  uuid: 'UUID',
  email: 'email',
  password: 'string',
};

/** The id of the page's entry for a named schema. */
export function anchorOfSchema(name: string): string {
  return `shape-${name}`;
}

/** The members of an object, or the type of any other value. */
export function Members({ schema }: { schema: JsonSchema }) {
  const { properties, required = [], description } = schema;
  if (!properties) {
    return (
      <p class="type">
        <TypeName schema={schema} />
        {description !== undefined && (
          <>
            : <Inline text={description} />
          </>
        )}
      </p>
    );
  }
  return (
    <dl class="members">
      {Object.entries(properties).map(([name, member]) => (
        <Member key={name} name={name} schema={member} note={required.includes(name) ? null : 'optional'} />
      ))}
    </dl>
  );
}

interface MemberProps {
  name: string;
  schema: JsonSchema;
  /** Such as whether it is optional. */
  note: string | null;
}

/** One named value: its type, its meaning and its limits. */
export function Member({ name, schema, note }: MemberProps) {
  const limits = limitsOf(schema);
  return (
    <div>
      <dt>
        <code>{name}</code>{' '}
        <span class="type">
          <TypeName schema={schema} />
        </span>
        {note !== null && (
          <>
            {' '}
            <span class="note">{note}</span>
          </>
        )}
      </dt>
      <dd>
        <Inline text={schema.description ?? ''} />
        {limits !== '' && (
          <>
            {' '}
            <span class="limits">{limits}.</span>
          </>
        )}
      </dd>
    </div>
  );
}

/** The type of a value in a few words, with links to named schemas. */
export function TypeName({ schema }: { schema: JsonSchema }) {
  const { $ref, oneOf, const: constant, enum: values, items, type, format } = schema;
  if ($ref !== undefined) {
    const name = $ref.split('/').at(-1) ?? '';
    return <a href={`#${anchorOfSchema(name)}`}>{name}</a>;
  }
  if (oneOf) return <Alternatives parts={oneOf.map((each) => <TypeName schema={each} />)} />;
  if (constant !== undefined) return <code>{JSON.stringify(constant)}</code>;
  if (values) return <Alternatives parts={values.map((value) => <code>{JSON.stringify(value)}</code>)} />;
  if (items) {
    return (
      <>
        list of <TypeName schema={items} />
      </>
    );
  }
  const types = typeof type === 'string' ? [type] : (type ?? []);
  return <Alternatives parts={types.map((each) => typeText(each, format))} />;
}

function Alternatives({ parts }: { parts: readonly ComponentChild[] }) {
  return <>{parts.map((part, index) => (index === 0 ? part : [' or ', part]))}</>;
}

function typeText(type: string, format: string | undefined): string {
  if (type === 'integer') return 'integer';
  return (type === 'string' && format !== undefined && FORMATS[format]) || type;
}

function limitsOf({ minimum, maximum, default: defaultValue }: JsonSchema): string {
  const limits = [
    ...(maximum === undefined ? [] : [`${minimum ?? 0} to ${maximum}`]),
    ...(defaultValue === undefined ? [] : [`default ${defaultValue}`]),
  ];
  return limits.join(', ');
}
