import type { TargetFormat, TargetSettings } from './target-settings.js';

/** What stands around the events of a request: the settings that say so. */
export type RequestFrame = {
  readonly [K in 'body' | 'item' | 'contentType']?: TargetSettings[K] | undefined;
};

type FormatSetting = 'mode' | keyof RequestFrame;

/** Settings that belong to some formats only. */
const OF_FORMATS: Readonly<Record<FormatSetting, readonly TargetFormat[]>> = {
  mode: ['cloudevents'],
  body: ['json'],
  item: ['json', 'lines'],
  contentType: ['json', 'lines'],
};

/** An edit that takes away every setting of a format that this one does not have. */
export function withoutForeign(format: TargetFormat): { [key in FormatSetting]?: undefined } {
  const foreign = Object.entries(OF_FORMATS).filter(([, formats]) => !formats.includes(format));
  return Object.fromEntries(foreign.map(([key]) => [key, undefined]));
}

/** What may stand in `body`, and in `item`; the first of each has to, once. */
const PLACEHOLDERS = { body: ['events'], item: ['event', 'id', 'type', 'time'] } as const;

/** A value of each, to see whether what it makes is JSON: none is within quotes. */
const SAMPLES: Readonly<Record<string, string>> = {
  events: '["x"]',
  event: '{"x":"y"}',
  id: '"x"',
  type: '"x"',
  time: '"x"',
};

/** Texts at even places, the names of placeholders between them. */
export function partsOf(template: string): string[] {
  return template.replace(/\n+$/, '').split(/\{\{\s*([A-Za-z_]\w*)\s*\}\}/);
}

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** Names of the environment variables in `body` and `item`, each once. */
export function variablesOfFrame({ body = '', item = '' }: RequestFrame): string[] {
  const named = [...`${body}\n${item}`.matchAll(VARIABLE)].map(([, name = '']) => name);
  return [...new Set(named)];
}

/** The frame with its variables filled in, each as it is written within a text of JSON. */
export function filledFrame(
  { body, item, contentType }: RequestFrame,
  valueIn: (variable: string) => string | undefined,
): RequestFrame {
  const filled = (template: string) =>
    template.replace(VARIABLE, (text, name: string) => {
      const value = valueIn(name);
      return value === undefined ? text : escaped(value);
    });
  return {
    ...(body !== undefined && { body: filled(body) }),
    ...(item !== undefined && { item: filled(item) }),
    ...(contentType !== undefined && { contentType }),
  };
}

/** A value as it stands between the quotes of a JSON text: it can end none, and is no placeholder. */
const escaped = (value: string): string =>
  JSON.stringify(value).slice(1, -1).replaceAll('{', '\\u007b');

/** What is wrong with a frame, as `key` and what it must be; undefined when nothing is. Pure. */
export function frameFault(format: TargetFormat, frame: RequestFrame): string | undefined {
  const { body, item } = frame;
  return (
    misplaced(format, frame) ??
    (body === undefined ? undefined : templateFault('body', body, false)) ??
    (item === undefined ? undefined : templateFault('item', item, format === 'lines'))
  );
}

const KEYS = { body: 'body', item: 'item', contentType: 'content_type' } as const;

function misplaced(format: TargetFormat, frame: RequestFrame): string | undefined {
  for (const key of Object.keys(KEYS) as (keyof typeof KEYS)[]) {
    const formats = OF_FORMATS[key];
    if (frame[key] !== undefined && !formats.includes(format))
      return `${KEYS[key]} belongs to the format ${formats.join(' or ')}: set format, or remove ${KEYS[key]}`;
  }
  return undefined;
}

function templateFault(
  key: keyof typeof PLACEHOLDERS,
  template: string,
  isLines: boolean,
): string | undefined {
  const known: readonly string[] = PLACEHOLDERS[key];
  const [needed = ''] = known;
  const names = partsOf(template).filter((_, i) => i % 2 === 1);
  const unknown = names.find((name) => !known.includes(name));
  const spelled = known.map((name) => `{{${name}}}`).join(', ');
  if (unknown !== undefined)
    return `${key} has {{${unknown}}}, which is not a placeholder of it: there is ${spelled}`;
  const times = names.filter((name) => name === needed).length;
  const what = needed === 'events' ? 'the events of a request go' : 'the event goes';
  if (times !== 1)
    return `${key} must have {{${needed}}} exactly once, where ${what}; it is there ${times === 0 ? 'not at all' : `${times} times`}`;
  if (/\$\{/.test(template.replace(VARIABLE, '')))
    return `${key} has a "\${" that begins no variable: write \${NAME}`;
  return isJsonWhenFilled(template, isLines) ? undefined : notJson(key, isLines);
}

function isJsonWhenFilled(template: string, isLines: boolean): boolean {
  const sample = partsOf(template.replace(VARIABLE, 'x'))
    .map((part, i) => (i % 2 === 0 ? part : SAMPLES[part]))
    .join('');
  return (isLines ? sample.split('\n') : [sample]).every(isJson);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const notJson = (key: string, isLines: boolean): string =>
  `${key} must be JSON${isLines ? ' on each of its lines' : ''} once it is filled in: placeholders stand for whole values, without quotes, and variables within quotes`;
