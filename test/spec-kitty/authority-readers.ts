/** One place in the source that reads what only the authority may read. */
export interface ForbiddenRead {
  readonly line: number;
  readonly text: string;
  readonly rule: string;
}

/**
 * What gives a second reader away. `code` is the source without comments and
 * with every text emptied but those that are just one name, so that a message
 * may mention the variable and code may not touch it.
 */
const RULES: readonly (readonly [rule: string, pattern: RegExp])[] = [
  ['reads SPEC_KITTY_SAAS_URL', /\bSPEC_KITTY_SAAS_URL(?:_MODE)?\b/],
  ['reads the configured server URL', /\bconfiguredServerUrl\b/],
  [
    'reads server_url of the configuration',
    /\b(?:sync|raw|config|settings|document|toml)\b\??!?\.server_?[uU]rl\b/,
  ],
  [
    'reads server_url of the configuration',
    /\b(?:sync|raw|config|settings|document|toml)\b\??!?\.?\[\s*['"`]server_url['"`]\s*\]/,
  ],
  [
    'reads server_url of the configuration',
    /\{[^{}]*\bserver_?[uU]rl\b[^{}]*\}\s*=\s*[\w.?!]*\b(?:sync|raw|config|settings|document|toml)\b/,
  ],
  ['names the path of server_url', /['"`]sync['"`]\s*,\s*['"`]server_url['"`]/],
  ['knows the default server', /spec-kitty-dev\.fly\.dev/],
  [
    'parses TOML on its own',
    /from ['"`](?:smol-toml|@decimalturn\/toml-patch)['"`]|import\(\s*['"`](?:smol-toml|@decimalturn\/toml-patch)['"`]/,
  ],
];

/** Every forbidden read in one TypeScript source. */
export function forbiddenReads(source: string): ForbiddenRead[] {
  const code = withoutProse(source);
  const found: ForbiddenRead[] = [];
  for (const [rule, pattern] of RULES) {
    for (const match of code.matchAll(new RegExp(pattern, 'g'))) {
      const line = code.slice(0, match.index).split('\n').length;
      found.push({ line, rule, text: source.split('\n')[line - 1]?.trim() ?? '' });
    }
  }
  return found;
}

/** A comment, a regular expression (its quotes open nothing), or a text. */
const TOKEN =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|(?<=[=(,:;!&|?{}[\n]\s*)\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`/g;

/** A text that is one bare word, an address or a module name is code; the rest is prose. */
const IS_CODE = /^.(?:[A-Za-z_]\w*|https?:\/\/\S*|@?[\w./-]+).$/;

function withoutProse(source: string): string {
  return source.replaceAll(TOKEN, (token) => {
    if (token.startsWith('//') || token.startsWith('/*')) return newlinesOf(token);
    if (token.startsWith('/') || IS_CODE.test(token)) return token;
    return (token.startsWith('`') ? expressionsOf(token) : '') + newlinesOf(token);
  });
}

const newlinesOf = (token: string): string => token.replaceAll(/[^\n]/g, '');

/** What stands in `${…}`; to the end where a text within ended the token early. */
const expressionsOf = (template: string): string =>
  template
    .split('${')
    .slice(1)
    .map((part) => part.split('}', 1)[0]?.replaceAll('\n', ' ') ?? '')
    .join(' ; ');
