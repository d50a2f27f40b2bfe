import type { TargetSettings } from '../../targets/registry.js';

type Format = Pick<TargetSettings, 'format' | 'mode'>;

/** Every way to write requests, the ones that most receivers know first. */
const FORMATS: readonly Format[] = [
  { format: 'webhook' },
  { format: 'batch' },
  { format: 'cloudevents', mode: 'structured' },
  { format: 'cloudevents', mode: 'binary' },
  { format: 'cloudevents', mode: 'batch' },
  { format: 'lines' },
  { format: 'json' },
  { format: 'hub' },
];

/** `KEY=VALUE`, several with a blank between, as `redrain targets set` takes them. */
export const settingOf = (changes: Partial<TargetSettings>): string =>
  Object.entries(changes)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');

/** The other formats that a target takes. */
export async function fittingFormats(
  { format = 'batch', mode = 'structured' }: Format,
  fits: (changes: Format) => Promise<boolean>,
): Promise<Format[]> {
  const fitting: Format[] = [];
  for (const other of FORMATS) {
    const isSame = other.format === format && (format !== 'cloudevents' || other.mode === mode);
    if (!isSame && (await fits(other))) fitting.push(other);
  }
  return fitting;
}
