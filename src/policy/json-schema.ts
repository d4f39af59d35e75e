/** The subset of JSON Schema (2020-12) that the configuration's schema uses. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minItems?: number;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: false | Schema;
  readonly anyOf?: readonly Schema[];
}

/** Validates a value against a schema. Returns one message for each violation, prefixed with the path of the value. */
export function violationsOf(schema: Schema, value: unknown, path = ''): readonly string[] {
  const at = path === '' ? 'the configuration' : path;
  const expected = expectedInstead(schema, value, path);
  if (expected !== undefined) return [`${at}: expected ${expected}`];
  if (schema.anyOf !== undefined || schema.enum !== undefined) return [];
  if (Array.isArray(value)) return arrayViolations(schema, value, path);
  if (typeof value === 'object' && value !== null) return objectViolations(schema, value, path);
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(String(value)))
    return [`${at}: ${shown(value)} is not a time such as 900, 15m or 1h`];
  return typeof value === 'string' && value.length < (schema.minLength ?? 0) ? [`${at}: it is empty`] : [];
}

/**
 * Describes what the schema expects; returns undefined if the value has an expected type or is one of the listed
 * values.
 */
function expectedInstead(schema: Schema, value: unknown, path: string): string | undefined {
  const { anyOf, enum: values, type } = schema;
  if (anyOf !== undefined) {
    const matches = anyOf.some((each) => violationsOf(each, value, path).length === 0);
    return matches ? undefined : 'a string, a list of strings, or { glob: PATTERN }';
  }
  const types = type === undefined ? [typeOf(value)] : [type].flat();
  if (values === undefined ? types.includes(typeOf(value)) : values.includes(value)) return undefined;
  const names = values === undefined ? types.map(nameOf) : values.map(String);
  return `${[...new Set(names)].join(' or ')}, got ${shown(value)}`;
}

function arrayViolations({ items, minItems = 0 }: Schema, value: readonly unknown[], path: string): readonly string[] {
  if (value.length < minItems) return [`${path}: it is empty`];
  return items === undefined ? [] : value.flatMap((each, at) => violationsOf(items, each, `${path}[${at}]`));
}

function objectViolations(schema: Schema, value: object, path: string): readonly string[] {
  const { properties = {}, required = [], additionalProperties } = schema;
  const entries = Object.entries(value);
  const inside = (name: string) => (path === '' ? name : `${path}.${name}`);
  const missing = required
    .filter((name) => !entries.some(([each]) => each === name))
    .map((name) => `${inside(name)}: it is missing`);
  const wrong = entries.flatMap(([name, each]) => {
    const own = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    if (own === false) return [`${inside(name)}: unknown key; use one of ${Object.keys(properties).join(' ')}`];
    return own === undefined ? [] : violationsOf(own, each, inside(name));
  });
  return [...missing, ...wrong];
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

function nameOf(type: string): string {
  return { string: 'text', array: 'a list', object: 'a mapping', integer: 'a number' }[type] ?? type;
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a mapping';
  const text = String(value);
  return `"${text.length > 60 ? `${text.slice(0, 60)}…` : text}"`;
}
