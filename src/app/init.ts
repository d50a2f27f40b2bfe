import { shownAddress } from '../address/shown-address.js';
import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import { settingsOf } from '../config/document.js';
import { editConfig } from '../config/edit.js';
import type { SettingsEdit } from '../config/target-edit.js';
import { type Mode, spelledMode } from '../policy/mode.js';
import { declaredAt } from '../targets/active-target.js';
import { externalIdentity } from '../targets/identity.js';
import type { App } from './app.js';
import { addTarget, nameForAddress } from './declared-targets.js';
import type { Situation } from './situation.js';

/** Where events of a home should go. */
export type InitWish =
  | {
      readonly to: 'url';
      readonly url: string;
      readonly name?: string | undefined;
      readonly format?: SettingsEdit['format'] | undefined;
    }
  | { readonly to: 'keep' }
  | { readonly to: 'spec-kitty' };

/** What a home is set up for now. */
export interface InitReport {
  /** False when all of it was there before. */
  readonly changed: boolean;
  readonly mode: Mode;
  readonly usesSpecKitty: boolean;
  /** The declared target of the wish, else the active one; undefined while there is none. */
  readonly target: { readonly name: string; readonly address: string } | undefined;
  /** Whether that target is the active one. */
  readonly isActive: boolean;
}

/** The home is set up for something else, which `init` does not replace. */
export class AlreadySetUpError extends RedrainError {
  override readonly name = 'AlreadySetUpError';
  readonly code = 'ALREADY_SET_UP';
  override readonly exitCode = EXIT.usage;
  override readonly advice: string;
  constructor(what: string, command: string) {
    super(`this home ${what}, and nothing was changed`);
    this.advice = `\`${command}\` changes that`;
  }
}

/** What the home is set up for; undefined where nobody has decided anything yet. */
export async function readInit(app: App): Promise<InitReport | undefined> {
  const situation = await usable(app);
  return isDecided(situation) ? reportOf(situation, false) : undefined;
}

/**
 * Sets a home up, once: what it is set up for already stays, and a wish that is
 * fulfilled changes nothing.
 *
 * @throws AlreadySetUpError, and as `addTarget`.
 */
export async function initHome(app: App, wish: InitWish): Promise<InitReport> {
  const before = await usable(app);
  if (wish.to === 'url') return initTarget(app, before, wish);
  const mode = wish.to === 'keep' ? 'LOCAL_RETENTION' : 'TEAMSPACE';
  if (isDecided(before) && before.settings.mode !== mode) throw otherwise(before, mode);
  const changed = !isModeSaid(before);
  if (changed) await editConfig(app.paths.config, [{ path: ['sync', 'mode'], value: mode }]);
  return reportOf(await usable(app), changed);
}

async function initTarget(
  app: App,
  before: Situation,
  { url, name, format }: Extract<InitWish, { to: 'url' }>,
): Promise<InitReport> {
  const { urlHash } = externalIdentity(url);
  const there = declaredAt(before.settings, urlHash);
  if (there !== undefined) return reportOf(before, false, there.name);
  const rows = (await app.readingStores(async (stores) => stores?.targets.list())) ?? [];
  const known = rows.find((row) => row.urlHash === urlHash)?.name;
  const wanted = name ?? known ?? nameForAddress(url, before.settings, rows);
  const settings = format === undefined ? {} : { format };
  await addTarget(app, { name: wanted, url, settings });
  return reportOf(await usable(app), true, wanted);
}

/** @throws ConfigUnreadableError */
async function usable(app: App): Promise<Situation> {
  const situation = await app.situation();
  settingsOf(situation.config);
  return situation;
}

const isModeSaid = ({ config }: Situation): boolean =>
  config.state === 'ok' && config.raw.mode !== undefined;

/** A mode without a target is no decision: it is the default. */
const isDecided = (situation: Situation): boolean =>
  situation.settings.targets.size > 0 ||
  situation.description !== undefined ||
  (isModeSaid(situation) && situation.settings.mode !== 'EXTERNAL_RECEIVER');

function otherwise({ settings, usesSpecKitty }: Situation, mode: Mode): AlreadySetUpError {
  const { mode: now, activeTarget } = settings;
  const change = `redrain mode ${spelledMode(mode, usesSpecKitty)}`;
  if (now === 'EXTERNAL_RECEIVER' && activeTarget !== undefined)
    return new AlreadySetUpError(`sends events to ${activeTarget}`, change);
  return new AlreadySetUpError(`has the mode ${spelledMode(now, usesSpecKitty)}`, change);
}

function reportOf(
  { settings, usesSpecKitty }: Situation,
  changed: boolean,
  name = settings.activeTarget,
): InitReport {
  const { mode, targets, activeTarget } = settings;
  const declared = targets.get(name ?? '');
  const target =
    declared?.url === undefined
      ? undefined
      : { name: declared.name, address: shownAddress(declared.url) };
  const isActive = mode === 'EXTERNAL_RECEIVER' && activeTarget === target?.name;
  return { changed, mode, usesSpecKitty, target, isActive };
}
