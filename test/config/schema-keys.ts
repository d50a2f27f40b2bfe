/** As much of a valibot schema as it takes to find the keys in it. */
interface SchemaNode {
  readonly type: string;
  readonly wrapped?: SchemaNode;
  readonly pipe?: readonly SchemaNode[];
  readonly entries?: Readonly<Record<string, SchemaNode>>;
  readonly value?: SchemaNode;
}

/** Dotted paths of every value a schema checks, `*` for the names of a record. */
export function schemaKeys(schema: unknown, path: readonly string[] = []): string[] {
  const steps = flattened(schema as SchemaNode);
  const object = steps.find(({ entries }) => entries !== undefined);
  if (object?.entries !== undefined)
    return Object.entries(object.entries).flatMap(([name, value]) =>
      schemaKeys(value, [...path, name]),
    );
  const record = steps.find(({ type }) => type === 'record');
  if (record !== undefined) return schemaKeys(record.value, [...path, '*']);
  return [path.join('.')];
}

/** What is optional, and what is a pipe of several steps, unpacked. */
function flattened(schema: SchemaNode): SchemaNode[] {
  if (schema.wrapped !== undefined) return flattened(schema.wrapped);
  return schema.pipe === undefined ? [schema] : schema.pipe.flatMap(flattened);
}
