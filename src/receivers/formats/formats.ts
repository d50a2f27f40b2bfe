import type { RequestFrame } from '../../config/request-frame.js';
import type { TargetFormat, TargetSettings } from '../../config/target-settings.js';
import { batchFormat } from './batch.js';
import { cloudEventsFormat } from './cloudevents.js';
import type { FormatGiven, HubSender, RequestFormat } from './format.js';
import { hubFormat } from './hub.js';
import { jsonFormat } from './json.js';
import { linesFormat } from './lines.js';
import { webhookFormat } from './webhook.js';

/** Every format that is spoken over HTTP; a module gets no requests. A new one is a row here. */
const FORMATS: Readonly<
  Record<Exclude<TargetFormat, 'module'>, (given: FormatGiven) => RequestFormat>
> & { readonly module?: never } = {
  batch: () => batchFormat(),
  webhook: webhookFormat,
  cloudevents: cloudEventsFormat,
  lines: linesFormat,
  json: jsonFormat,
  hub: hubFormat,
};

/** What decides how requests look; the rest is of no consequence where nothing is sent. */
export type FormatChoice = Partial<Omit<FormatGiven, 'settings'>> & {
  /** `batch` when absent. */
  readonly format?: TargetFormat | undefined;
  readonly mode?: TargetSettings['mode'] | undefined;
  /** What stands around events, its variables filled in. */
  readonly frame?: RequestFrame | undefined;
};

/** How the requests of a target look. */
export function formatOf({ format = 'batch', mode, frame, ...given }: FormatChoice): RequestFormat {
  const settings = { ...frame, ...(mode !== undefined && { mode }) };
  const compose = FORMATS[format] ?? FORMATS.batch;
  const defaults = { secrets: [], source: '/redrain', sender: NOBODY, now: Date.now };
  return compose({ ...defaults, ...given, settings });
}

/** Where nothing is sent, but a format is asked for. */
const NOBODY: HubSender = { home: 'none', instance: 'none', host: 'none', stream: 'none' };
