/** Text as PostgreSQL can store it: it has no NUL, which servers and files may hold. */
export function storable<T extends string | null | undefined>(text: T): T {
  return typeof text === 'string' ? (text.replaceAll('\0', '\uFFFD') as T) : text;
}
