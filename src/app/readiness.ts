import { type Advised, wholeText } from '../base/advice.js';
import type { Obstacle, ReadinessState } from '../receivers/kind.js';
import type { AskHttp, Reachability } from '../receivers/reachability.js';
import type { ResolvedSyncTarget } from '../spec-kitty/authority.js';
import type { App } from './app.js';
import { reach } from './reach.js';
import type { Situation } from './situation.js';

export type { Obstacle, ReadinessState };

export interface ReadinessReport {
  readonly state: ReadinessState;
  readonly message: string;
  /** What to type next; null when nothing is missing. */
  readonly next_action: string | null;
  /** Only where Spec Kitty is used: its server; null when config.toml or an address in it cannot be used. */
  readonly target?: Readonly<ResolvedSyncTarget> | null | undefined;
}

/**
 * Judges switch, login and configuration without any network, and only then
 * asks the target, once and for at most five seconds. Changes nothing and
 * renews no token.
 */
export async function readiness(app: App, ask?: AskHttp): Promise<ReadinessReport> {
  const situation = await app.situation();
  const target = hostedTarget(situation);
  const obstacle = await obstacleOf(app, situation);
  const verdict = obstacle ?? fromAnswer(situation, await reach(app, situation, ask));
  return readinessReport(verdict, target);
}

/** Spec Kitty's server, and who is signed in there; undefined where nobody is to be told of it. */
export const hostedTarget = ({ usesSpecKitty, authority }: Situation): ReadinessReport['target'] =>
  usesSpecKitty ? (authority?.resolved ?? null) : undefined;

/** A verdict as programs read it. */
export function readinessReport(
  { state, message, command, advice }: Obstacle,
  target: ReadinessReport['target'],
): ReadinessReport {
  const about = target === undefined ? {} : { target };
  return { state, message, next_action: command ?? advice ?? null, ...about };
}

/** The first obstacle that can be seen without any network, or undefined. */
export async function obstacleOf(app: App, situation: Situation): Promise<Obstacle | undefined> {
  const { active, kind } = situation;
  if (active.state === 'none')
    return obstacle('rollout_disabled', active, { advice: sendAgain(situation) });
  const config = kind?.switchedOff(situation) ?? configRead(situation);
  if (config !== undefined) return config;
  if (active.state === 'target') return kind?.obstacle(situation, app.now());
  if (active.isUnnamed === true) return obstacle('no_target', active, ADD_TARGET);
  return obstacle('missing_host_config', active, setTarget(situation));
}

/** What the answer of the target makes of readiness. */
export function fromAnswer(situation: Situation, answer: Reachability | undefined): Obstacle {
  const where = addressOf(situation);
  if (answer === undefined)
    return { state: 'ready', message: `${where} is within redrain: ready`, command: null };
  const message = `${where}: ${answer.message}`;
  switch (answer.state) {
    case 'healthy':
    case 'unconfirmed':
      return { state: 'ready', message, command: null };
    case 'refused':
      return obstacle('missing_auth', message, situation.kind?.signIn(where) ?? 'redrain doctor');
    case 'unreachable':
      return obstacle('host_unreachable', message, { advice: compareAddress(situation) });
  }
}

/** What to do about an address that does not answer. */
export const compareAddress = ({ usesSpecKitty }: Situation): string =>
  `compare the address: ${usesSpecKitty ? '`redrain server`, or `redrain mode`, shows' : '`redrain targets show NAME` says'} it; then look at network and proxy`;

/** The address of the active target as people know it. */
export function addressOf({ active, authority, usesSpecKitty }: Situation): string {
  if (active.state === 'target') return active.identity.canonicalUrl;
  if (!usesSpecKitty) return 'no target';
  return authority?.resolved.resolved_server_url ?? 'no server';
}

const obstacle = (
  state: ReadinessState,
  said: Advised | string,
  command: string | { readonly advice: string },
): Obstacle => {
  const { message, advice: howTo } = typeof said === 'string' ? { message: said } : said;
  const why = { state, message, ...(howTo === undefined ? {} : { howTo }) };
  return typeof command === 'string'
    ? { ...why, command }
    : { ...why, command: null, advice: command.advice };
};

/** The same with what to type in the message, for a person who reads that alone. */
export const inOneText = ({ howTo, ...obstacle }: Obstacle): Obstacle => ({
  ...obstacle,
  message: wholeText({ message: obstacle.message, advice: howTo }),
});

/** What ends that nobody has named a target yet. */
export const ADD_TARGET = 'redrain targets add NAME URL';

const sendAgain = ({ usesSpecKitty, settings }: Situation): string => {
  if (usesSpecKitty)
    return '`redrain mode TEAMSPACE`, or `redrain mode EXTERNAL_RECEIVER --endpoint URL`, sends again';
  const { targets, activeTarget = 'NAME' } = settings;
  if (targets.size > 0) return `redrain use ${activeTarget} sends again`;
  return `${ADD_TARGET}, then redrain use NAME: that sends again`;
};

/** Which command sets a target that is wrong. */
const setTarget = ({ usesSpecKitty }: Situation): string =>
  usesSpecKitty ? 'redrain mode EXTERNAL_RECEIVER --endpoint URL' : 'redrain use NAME';

/** Who would log in, and where, is not known while the file cannot be read. */
function configRead({ config, authorityError }: Situation): Obstacle | undefined {
  if (config.state === 'unreadable')
    return obstacle('missing_host_config', config.reason, { advice: `fix ${config.path}` });
  if (authorityError === undefined) return undefined;
  return obstacle('missing_host_config', authorityError, 'redrain server URL');
}
