/** The operator's modes. */
export const MODES = ['TEAMSPACE', 'EXTERNAL_RECEIVER', 'LOCAL_RETENTION', 'OPT_OUT'] as const;
export type Mode = (typeof MODES)[number];

/** The same in plain words. */
const PLAIN = {
  TEAMSPACE: 'teamspace',
  EXTERNAL_RECEIVER: 'endpoint',
  LOCAL_RETENTION: 'keep',
  OPT_OUT: 'discard',
} as const satisfies Record<Mode, string>;
export type PlainMode = (typeof PLAIN)[Mode];

/** A mode in plain words, as new files and texts say it. */
export const plainMode = (mode: Mode): PlainMode => PLAIN[mode];

/** A mode as this home spells it: one that is shared with Spec Kitty knows the older names. */
export const spelledMode = (mode: Mode, usesSpecKitty: boolean): string =>
  usesSpecKitty ? mode : PLAIN[mode];

/** In force when nothing was configured in a home of Spec Kitty. */
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
 * A mode as a person types it, in either spelling: surrounding space and letter
 * case aside, and the older name `TRASH` for `OPT_OUT`. Undefined for everything else.
 */
export function parseMode(text: string): Mode | undefined {
  const wanted = text.trim().toUpperCase();
  if (wanted === 'TRASH') return 'OPT_OUT';
  return MODES.find((mode) => mode === wanted || PLAIN[mode].toUpperCase() === wanted);
}
