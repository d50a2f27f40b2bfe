import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse } from 'yaml';

const SCHEMAS = ['batch-request', 'batch-results', 'batch-refusal', 'hub-request'] as const;
type SchemaName = (typeof SCHEMAS)[number];

const validators = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
validators.addFormat('date-time', (text: string) => !Number.isNaN(Date.parse(text)));
for (const name of SCHEMAS)
  validators.addSchema(JSON.parse(readFileSync(`docs/schema/${name}.json`, 'utf8')) as object);

type Node = Record<string, unknown>;

/** `docs/openapi.yaml`. */
export const openapi = parse(readFileSync('docs/openapi.yaml', 'utf8')) as Node;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

/** Every object of the document, with the way to it. */
export function nodesOf(value: unknown = openapi, way = '#'): { node: Node; way: string }[] {
  if (!isNode(value)) return [];
  const below = Object.entries(value).flatMap(([name, one]) => nodesOf(one, `${way}/${name}`));
  return [{ node: value, way }, ...below];
}

/** What a reference within the document leads to. */
export function referred(reference: string): unknown {
  const names = reference.replace(/^#\//, '').split('/');
  return names.reduce<unknown>((at, name) => (isNode(at) ? at[name] : undefined), openapi);
}

/** A schema of the document, its references resolved, ready to validate. */
export function compiled(schema: unknown): ValidateFunction {
  return validators.compile(inlined(schema) as object);
}

/** References to files keep the name that the file has as its `$id`. */
function inlined(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(inlined);
  if (!isNode(schema)) return schema;
  const { $ref: reference } = schema;
  if (typeof reference !== 'string')
    return Object.fromEntries(Object.entries(schema).map(([name, one]) => [name, inlined(one)]));
  if (reference.startsWith('#/')) return inlined(referred(reference));
  return { $ref: reference.replace(/^schema\//, '') };
}

/** What is wrong with a document by one of the published schemas; empty when nothing is. */
export function faultsOf(name: SchemaName, document: unknown): string[] {
  const validate = validators.getSchema(`${name}.json`) as ValidateFunction;
  return validate(document) ? [] : messagesOf(validate);
}

export const messagesOf = ({ errors }: ValidateFunction): string[] =>
  (errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);

export interface PublishedHeader {
  readonly name: string;
  readonly required: boolean;
  readonly validate: ValidateFunction;
}

const operationAt = (path: string): Node =>
  (openapi.paths as Record<string, { post: Node }>)[path]?.post as Node;

/** The headers that the document publishes for a path. */
export function headersOf(path: string): PublishedHeader[] {
  return (operationAt(path).parameters as { $ref: string }[]).map(({ $ref }) => {
    const { name, required, schema } = referred($ref) as Node;
    return {
      name: String(name).toLowerCase(),
      required: required === true,
      validate: compiled(schema),
    };
  });
}

/** The schemas of the requests of a path, by their content type. */
export function requestSchemasOf(path: string): Map<string, ValidateFunction> {
  const { content } = operationAt(path).requestBody as { content: Record<string, Node> };
  return new Map(Object.entries(content).map(([type, { schema }]) => [type, compiled(schema)]));
}

/** What of a request is not as the document has it for its path. */
export function strangeIn(
  path: string,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string,
): string[] {
  const [type = ''] = String(headers['content-type']).split(';');
  const validate = requestSchemasOf(path).get(type);
  if (validate === undefined) return [`content type ${type}`];
  const document: unknown =
    type.endsWith('json') && !type.includes('ndjson') ? JSON.parse(body) : body;
  const wrong = headersOf(path).flatMap(({ name, required, validate: holds }) => {
    const given = headers[name];
    if (given === undefined) return required ? [`no ${name}`] : [];
    const value =
      /^\d+$/.test(String(given)) && name === 'redrain-generation' ? Number(given) : given;
    return holds(value) ? [] : [`${name}: ${messagesOf(holds)}`];
  });
  return [...(validate(document) ? [] : messagesOf(validate)), ...wrong];
}
