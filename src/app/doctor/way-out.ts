import { policyOf } from '../../policy/mode.js';
import type { Reachability } from '../../receivers/reachability.js';
import type { Situation } from '../../targets/situation.js';
import { isExpired, whyNotRenewable } from '../../targets/token-freshness.js';
import type { App } from '../app.js';
import { type AskHttp, reach } from '../reach.js';
import { addressOf, fromAnswer, obstacleOf, type ReadinessReport } from '../readiness.js';
import { type Finding, fine, problem, skipped, warning } from './finding.js';

/** A difference that makes tokens expire early or late. */
const MAX_SKEW_MS = 60_000;

/** The way to the active target, with the verdict of `readiness` it comes to. */
export interface WayOutFindings {
  readonly readiness: ReadinessReport;
  readonly findings: readonly Finding[];
}

/** Asks the target once, and only when nothing on this machine stands in the way. */
export async function examineWayOut(
  app: App,
  situation: Situation,
  ask?: AskHttp,
): Promise<WayOutFindings> {
  const target = situation.authority?.resolved ?? null;
  const obstacle = obstacleOf(app, situation);
  const answer = obstacle === undefined ? await reach(app, situation, ask) : undefined;
  const verdict = obstacle ?? fromAnswer(situation, answer);
  return {
    readiness: { ...verdict, target },
    findings: [
      config(situation),
      authority(situation),
      ...credentials(app, situation),
      delivery(verdict),
      reachability(situation, obstacle !== undefined, answer),
      clock(app, answer),
    ],
  };
}

function config({ config: document }: Situation): Finding {
  if (document.state === 'unreadable')
    return problem('config', document.reason, `mend ${document.path}`);
  return fine('config', document.state === 'absent' ? 'no config.toml: defaults' : document.path);
}

function authority({ authority: open, authorityError, settings }: Situation): Finding {
  if (open === undefined)
    return problem(
      'target_authority',
      authorityError ?? 'no server is known',
      'redrain server URL',
    );
  const { resolved } = open;
  const named = `${resolved.resolved_server_url} (${resolved.override_mode})`;
  if (policyOf(settings.mode).delivery !== 'teamspace')
    return fine('target_authority', `mode ${settings.mode} does not use the server`);
  if (resolved.override_mode === 'setup_only')
    return problem(
      'target_authority',
      `config.toml names ${resolved.configured_server_url ?? 'no server'}, SPEC_KITTY_SAAS_URL names ${resolved.env_server_url}`,
      'redrain server URL, or unset SPEC_KITTY_SAAS_URL',
    );
  if (!resolved.configured)
    return warning('target_authority', `${named}: nothing was configured`, 'redrain server URL');
  return fine('target_authority', named);
}

function credentials(
  app: App,
  { authority: open, settings, config: document }: Situation,
): Finding[] {
  if (open === undefined || document.state === 'unreadable') return [];
  if (policyOf(settings.mode).delivery !== 'teamspace') return [];
  const { credentials: found, resolved } = open;
  const login = `redrain login ${resolved.resolved_server_url}`;
  if (found.state === 'absent') return [warning('credentials', found.message, login)];
  const ends =
    found.expiresAt === undefined ? 'no known end' : new Date(found.expiresAt).toISOString();
  if (!isExpired(found, app.now())) return [fine('credentials', `a token until ${ends}`)];
  const why = whyNotRenewable(found, app.now());
  return why === undefined
    ? [fine('credentials', `the token ended at ${ends}; the next drain renews it`)]
    : [problem('credentials', `the token ended at ${ends}, and ${why}`, login)];
}

/** A switch that is off was somebody's choice; everything else keeps events from leaving. */
function delivery({ state, message, next_action }: Omit<ReadinessReport, 'target'>): Finding {
  if (state === 'ready') return fine('delivery', message);
  if (state === 'rollout_disabled') return warning('delivery', message, next_action);
  return problem('delivery', `${state}: ${message}`, next_action ?? 'redrain status');
}

function reachability(
  situation: Situation,
  isBlocked: boolean,
  answer: Reachability | undefined,
): Finding {
  const where = addressOf(situation);
  if (isBlocked) return skipped('reachability', 'not asked: nothing could be sent anyway');
  if (answer === undefined) return fine('reachability', `${where} is within redrain`);
  const message = `${where}: ${answer.message}`;
  if (answer.state === 'healthy') return fine('reachability', message);
  if (answer.state === 'unconfirmed') return warning('reachability', message, null);
  if (answer.state === 'refused') return problem('reachability', message, `redrain login ${where}`);
  return problem('reachability', message, 'redrain server, or redrain mode, shows the address');
}

function clock(app: App, answer: Reachability | undefined): Finding {
  if (answer === undefined || answer.serverTime === null)
    return skipped('clock', 'no server said what time it is');
  const skew = app.now() - answer.serverTime;
  const seconds = Math.round(Math.abs(skew) / 1000).toLocaleString('en');
  if (Math.abs(skew) <= MAX_SKEW_MS) return fine('clock', `within ${seconds} s of the server`);
  const direction = skew > 0 ? 'ahead of' : 'behind';
  return problem(
    'clock',
    `this clock is ${seconds} s ${direction} the server's: tokens end at the wrong time`,
    'timedatectl set-ntp true',
  );
}
