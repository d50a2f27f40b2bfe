import { shownAddress } from '../../address/shown-address.js';
import { Secret } from '../../config/secret.js';
import type { BatchLimits, ClosedGate, TargetGreeting } from '../../dispatch/ports.js';
import type { HttpAnswer } from '../../receivers/answer.js';
import {
  type BatchExchange,
  type BatchPost,
  BatchReceiver,
  type Exchanged,
} from '../../receivers/batch-receiver.js';
import { batchFormat } from '../../receivers/formats/batch.js';
import type { Redactor } from '../../receivers/redact.js';
import { teamspaceGate, wireGate } from './gate.js';
import { readHealth } from './health.js';
import { TeamspaceLine } from './line.js';
import { teamspaceGrowth, teamspacePayload } from './payload.js';
import type { TeamspaceReceiverSettings } from './settings.js';

/** Spec Kitty's hosted service: Bearer token, team, Private Teamspace, a health document. */
export class TeamspaceReceiver extends BatchReceiver {
  constructor(settings: TeamspaceReceiverSettings) {
    const { limits, now, teamSlug } = settings;
    super({
      endpoint: shownAddress(settings.batchUrl),
      limits,
      now,
      format: batchFormat({
        bytes: teamspacePayload(teamSlug),
        growth: teamspaceGrowth(teamSlug),
      }),
      exchange: new TokenExchange(settings),
    });
  }
}

/** Posts with the token of the login, renewed once when the server refuses it. */
class TokenExchange implements BatchExchange {
  readonly #settings: TeamspaceReceiverSettings;
  readonly #line: TeamspaceLine;

  constructor(settings: TeamspaceReceiverSettings) {
    this.#settings = settings;
    this.#line = new TeamspaceLine(settings);
  }

  gate(): Promise<ClosedGate | undefined> {
    return teamspaceGate(this.#settings);
  }

  async greet(signal: AbortSignal, inForce: BatchLimits): Promise<TargetGreeting> {
    if (wireGate(this.#settings) !== undefined) return {};
    const token = await this.#line.currentToken();
    if (!(token instanceof Secret)) return { closed: token };
    const answer = await this.#line.getHealth(token, signal);
    return readHealth(answer, inForce, this.redact);
  }

  /** On a 401 the token is renewed once and the body posted once more (docs/spec-kitty.md, "Tokens of a Teamspace"). */
  async send(given: BatchPost): Promise<Exchanged> {
    const { mayRepeat = async () => true } = given;
    const closed = wireGate(this.#settings);
    if (closed !== undefined) return { closed };
    const post = { ...given, mayRepeat };
    const token = await this.#line.currentToken();
    if (!(token instanceof Secret)) return { closed: token };
    const answer = await this.#line.postBatch(post, token);
    if (!isUnauthorized(answer)) return { answer };
    const renewed = await this.#line.renewedToken();
    if (!(renewed instanceof Secret)) return { answer, remark: renewed };
    if (!(await mayRepeat())) return { answer, stop: NOT_AGAIN };
    const second = await this.#line.postBatch(post, renewed);
    const remark = {
      message: 'a renewed token was refused too',
      advice: `run \`${this.#line.loginCommand}\``,
    };
    return {
      answer: second,
      sentBefore: answer.requests ?? 1,
      remark: isUnauthorized(second) ? remark : undefined,
    };
  }

  get redact(): Redactor {
    return this.#line.redact;
  }

  close(): void {
    this.#line.close();
  }
}

/** The token is good by now, so the pass ends without a closed gate, and the next one asks again. */
const NOT_AGAIN =
  'the token was renewed, but what may leave has changed meanwhile: the batch was not posted again';

const isUnauthorized = (answer: HttpAnswer): boolean => 'status' in answer && answer.status === 401;
