import { type Finding, notice, problem, warning } from '../../reports/finding.js';
import { isExpired, whyNotRenewable } from '../../spec-kitty/tokens/token-freshness.js';
import type { App } from '../app.js';
import type { Obstacle } from '../readiness.js';
import type { Situation } from '../situation.js';
import { type Check, fine, skipped } from './check.js';

const STOPS = { stops: ['dispatch'] } as const;

/** Whether events may leave, as far as this machine can tell without any network. */
export function examineDelivery(
  app: App,
  situation: Situation,
  obstacle: Obstacle | undefined,
  waiting: number,
): (Finding | Check)[] {
  const theirs = situation.usesSpecKitty
    ? [authority(situation), ...credentials(app, situation)]
    : [];
  const known = [config(situation), ...theirs];
  const isTold = known.some(({ status }) => status === 'problem');
  return [...known, isTold ? skipped('delivery', TOLD) : delivery(obstacle, waiting)];
}

const TOLD = 'not judged: what is said above comes first';

function config({ config: document }: Situation): Finding | Check {
  if (document.state === 'unreadable')
    return problem('config', document.reason, { advice: `fix ${document.path}` }, STOPS);
  return fine('config', document.state === 'absent' ? 'no config.toml: defaults' : document.path);
}

function authority({
  authority: open,
  authorityError,
  kind,
  settings,
}: Situation): Finding | Check {
  if (open === undefined)
    return problem(
      'target_authority',
      authorityError ?? 'no server is known',
      'redrain server URL',
      STOPS,
    );
  const { resolved } = open;
  const named = `${resolved.resolved_server_url} (${resolved.override_mode})`;
  if (kind?.isHosted !== true)
    return fine('target_authority', `mode ${settings.mode} does not use the server`);
  if (resolved.override_mode === 'setup_only')
    return problem(
      'target_authority',
      `config.toml names ${resolved.configured_server_url ?? 'no server'}, SPEC_KITTY_SAAS_URL names ${resolved.env_server_url}`,
      'redrain server URL',
      STOPS,
    );
  if (!resolved.configured) return fine('target_authority', `${named}: nothing was configured`);
  return fine('target_authority', named);
}

function credentials(
  app: App,
  { authority: open, kind, config: document }: Situation,
): (Finding | Check)[] {
  if (open === undefined || document.state === 'unreadable') return [];
  if (kind?.isHosted !== true) return [];
  const { credentials: found, resolved } = open;
  const login = `redrain login ${resolved.resolved_server_url}`;
  if (found.state === 'absent') return [skipped('credentials', 'nobody is signed in')];
  const ends =
    found.expiresAt === undefined ? 'no known end' : new Date(found.expiresAt).toISOString();
  if (!isExpired(found, app.now())) return [fine('credentials', `a token until ${ends}`)];
  const why = whyNotRenewable(found, app.now());
  return why === undefined
    ? [fine('credentials', `the token ended at ${ends}; the next drain renews it`)]
    : [problem('credentials', `the token ended at ${ends}, and ${why}`, login, STOPS)];
}

/** What is nobody's fault: a home is a place to keep events before it has a target. */
const CHOSEN: ReadonlySet<Obstacle['state']> = new Set(['rollout_disabled', 'no_target']);

/** A switch that is off and a mode that sends nothing were somebody's choice. */
function delivery(obstacle: Obstacle | undefined, waiting: number): Finding | Check {
  if (obstacle === undefined) return fine('delivery', 'nothing on this machine blocks delivery');
  const { state, message, command, advice } = obstacle;
  const remedy = command ?? (advice === undefined ? null : { advice });
  if (!CHOSEN.has(state)) return problem('delivery', `${state}: ${message}`, remedy, STOPS);
  // A mode that sends nothing leaves a worker nothing to do; a switch keeps it from doing it.
  if (command === null) return notice('delivery', message, remedy);
  return (waiting > 0 ? warning : notice)('delivery', message, remedy, {
    ...STOPS,
    count: waiting,
  });
}
