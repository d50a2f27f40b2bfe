import { grouped } from '../../base/grouped.js';
import type { Reachability } from '../../receivers/reachability.js';
import { type Finding, notice, problem, warning } from '../../reports/finding.js';
import type { App } from '../app.js';
import { type AskHttp, reach } from '../reach.js';
import { addressOf, compareAddress, fromAnswer, type Obstacle } from '../readiness.js';
import type { Situation } from '../situation.js';
import { type Check, checkOf, fine, skipped } from './check.js';

/** A difference that makes tokens expire early or late. */
const MAX_SKEW_MS = 60_000;

/** What only the active target can tell, and the verdict of `readiness` that follows. */
export interface WayOutChecks {
  readonly verdict: Obstacle;
  readonly checks: readonly Check[];
}

/** Asks the target once, and only when nothing on this machine stands in the way. */
export async function examineWayOut(
  app: App,
  situation: Situation,
  obstacle: Obstacle | undefined,
  ask?: AskHttp,
): Promise<WayOutChecks> {
  const answer = obstacle === undefined ? await reach(app, situation, ask) : undefined;
  return {
    verdict: obstacle ?? fromAnswer(situation, answer),
    checks: [reachability(situation, obstacle !== undefined, answer), clock(app, answer)],
  };
}

function reachability(
  situation: Situation,
  isBlocked: boolean,
  answer: Reachability | undefined,
): Check {
  const where = addressOf(situation);
  if (isBlocked) return skipped('reachability', 'not asked: nothing could be sent anyway');
  if (answer === undefined) return fine('reachability', `${where} is within redrain`);
  const message = `${where}: ${answer.message}`;
  if (answer.state === 'healthy') return fine('reachability', message);
  if (answer.state === 'unconfirmed') return checkOf(unconfirmed(situation, message));
  if (answer.state === 'refused')
    return checkOf(problem('reachability', message, situation.kind?.signIn(where) ?? null));
  return checkOf(problem('reachability', message, { advice: compareAddress(situation) }));
}

/** Many an endpoint knows posts alone: only a test finds out more. */
function unconfirmed({ active }: Situation, message: string): Finding {
  const name = active.state === 'target' ? active.name : undefined;
  return name === undefined
    ? warning('reachability', message, null)
    : notice('reachability', message, `redrain targets test ${name}`);
}

function clock(app: App, answer: Reachability | undefined): Check {
  if (answer === undefined || answer.serverTime === null)
    return skipped('clock', 'no server said what time it is');
  const skew = app.now() - answer.serverTime;
  const seconds = grouped(Math.round(Math.abs(skew) / 1000));
  if (Math.abs(skew) <= MAX_SKEW_MS) return fine('clock', `within ${seconds} s of the server`);
  const direction = skew > 0 ? 'ahead of' : 'behind';
  return checkOf(
    problem(
      'clock',
      `this clock is ${seconds} s ${direction} the server's: tokens end at the wrong time`,
      'timedatectl set-ntp true',
    ),
  );
}
