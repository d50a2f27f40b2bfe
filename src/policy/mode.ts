/** The operator's modes. */
export const MODES = ['TEAMSPACE', 'EXTERNAL_RECEIVER', 'LOCAL_RETENTION', 'OPT_OUT'] as const;
export type Mode = (typeof MODES)[number];

/** In force when nothing was configured. */
export const DEFAULT_MODE: Mode = 'TEAMSPACE';

/** Where events go; `none` keeps them for a later drain, or discards them without retention. */
export type Delivery = 'none' | 'teamspace' | 'external';

/** The two axes a mode stands for: are events kept, and who gets them. */
export interface EventSyncPolicy {
  readonly retention: boolean;
  readonly delivery: Delivery;
}

const PRESETS: Readonly<Record<Mode, EventSyncPolicy>> = {
  TEAMSPACE: { retention: true, delivery: 'teamspace' },
  EXTERNAL_RECEIVER: { retention: true, delivery: 'external' },
  LOCAL_RETENTION: { retention: true, delivery: 'none' },
  OPT_OUT: { retention: false, delivery: 'none' },
};

/** The axes of a mode. Total: every mode has exactly one preset. */
export const policyOf = (mode: Mode): EventSyncPolicy => PRESETS[mode];

/**
 * A mode as a person types it: surrounding space and letter case aside, and
 * the older name `TRASH` for `OPT_OUT`. Undefined for everything else.
 */
export function parseMode(text: string): Mode | undefined {
  const wanted = text.trim().toUpperCase();
  if (wanted === 'TRASH') return 'OPT_OUT';
  return MODES.find((mode) => mode === wanted);
}
