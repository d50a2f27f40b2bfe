/** Returns its text with every known secret replaced by `[secret]`. */
export type Redactor = (text: string) => string;

const REPLACEMENT = '[secret]';
/** Shorter values occur by chance in any text: replacing them would only garble it. */
const MIN_SECRET_LENGTH = 4;
/** A pattern of longer ones can be too large to be compiled: those are looked for one by one. */
const MAX_PATTERN_LENGTH = 1_000;

/**
 * Builds a redactor for these values. It finds them as they are, and in the
 * forms a server is likely to echo: JSON-escaped, URL-encoded, base64. A header
 * value such as `Bearer X` or `Basic X` also hides X, and what Basic encodes.
 * Values under four characters are not looked for.
 */
export function redactorFor(secrets: readonly string[]): Redactor {
  const forms = new Set(secrets.flatMap(credentialsIn).flatMap(echoedForms));
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  const long = longestFirst.filter(({ length }) => length > MAX_PATTERN_LENGTH);
  const hideOthers = byPattern(longestFirst.slice(long.length));
  return (text) =>
    hideOthers(long.reduce((rest, form) => rest.replaceAll(form, REPLACEMENT), text));
}

function byPattern(forms: readonly string[]): Redactor {
  if (forms.length === 0) return (text) => text;
  const pattern = new RegExp(forms.map(escapePattern).join('|'), 'g');
  return (text) => text.replace(pattern, REPLACEMENT);
}

/** One-off form of `redactorFor`. */
export function redact(text: string, secrets: readonly string[]): string {
  return redactorFor(secrets)(text);
}

function credentialsIn(value: string): string[] {
  const [scheme, credential] = splitScheme(value.trim());
  if (credential === undefined) return [value.trim()];
  if (scheme !== 'basic') return [value.trim(), credential];
  const pair = Buffer.from(credential, 'base64').toString();
  return [value.trim(), credential, pair, pair.slice(pair.indexOf(':') + 1)];
}

function splitScheme(value: string): [string, string | undefined] {
  const match = /^([A-Za-z][\w-]*)\s+(\S.*)$/s.exec(value);
  return match ? [match[1]!.toLowerCase(), match[2]!] : ['', undefined];
}

function echoedForms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const url = encodeURIComponent(bytes.toString());
  const forms = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    url,
    url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
  ];
  return forms.filter((form) => form.length >= MIN_SECRET_LENGTH);
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
