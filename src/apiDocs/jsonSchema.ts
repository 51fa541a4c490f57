/** The part of JSON Schema 2020-12 that the documents use. */
export interface JsonSchema {
  $ref?: string;
  type?: string | readonly string[];
  description?: string;
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  default?: unknown;
  const?: unknown;
  enum?: readonly unknown[];
  properties?: Readonly<Record<string, JsonSchema>>;
  required?: readonly string[];
  minProperties?: number;
  items?: JsonSchema;
  oneOf?: readonly JsonSchema[];
}

/** The schema of a TypeScript type: the compiler reports a schema that doesn't match its type. */
export interface SchemaOf<T> extends JsonSchema {
  /** Never set. It carries the type. */
  readonly describes?: T;
}

interface Optional<T> {
  optional: SchemaOf<T>;
}

/** A schema for each property of `T`, marked as optional where the property is optional. */
type Members<T> = {
  [K in keyof T]-?: Record<never, never> extends Pick<T, K>
    ? Optional<Exclude<T[K], undefined>>
    : SchemaOf<T[K]>;
};

/** An object with exactly the properties of `T`. */
export function object<T extends object>(description: string, members: Members<T>): SchemaOf<T> {
  const properties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  for (const [name, member] of Object.entries<JsonSchema | Optional<unknown>>(members)) {
    const isOptional = 'optional' in member;
    properties[name] = isOptional ? member.optional : member;
    if (!isOptional) required.push(name);
  }
  return { type: 'object', description, properties, required };
}

export function optional<T>(schema: SchemaOf<T>): Optional<T> {
  return { optional: schema };
}

export function text(description: string, rules: JsonSchema = {}): SchemaOf<string> {
  return { type: 'string', description, ...rules };
}

export function wholeNumber(description: string, rules: JsonSchema = {}): SchemaOf<number> {
  return { type: 'integer', description, ...rules };
}

export function flag(description: string): SchemaOf<boolean> {
  return { type: 'boolean', description };
}

export function constant<const T>(value: T, description: string): SchemaOf<T> {
  return { const: value, description };
}

export function oneOf<const T extends string>(values: readonly T[], description: string): SchemaOf<T> {
  return { type: 'string', enum: values, description };
}

export function list<T>(items: SchemaOf<T>, description: string): SchemaOf<T[]> {
  return { type: 'array', description, items };
}

/** The same schema, but null is allowed too. */
export function nullable<T>(schema: SchemaOf<T>): SchemaOf<T | null> {
  if (schema.$ref !== undefined) return { oneOf: [schema, { type: 'null' }] };
  return { ...schema, type: [String(schema.type), 'null'] };
}

/** The same schema with another description. */
export function described<T>(schema: SchemaOf<T>, description: string): SchemaOf<T> {
  return { ...schema, description };
}
