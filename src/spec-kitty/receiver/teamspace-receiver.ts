import { shownAddress } from '../../address/shown-address.js';
import { Secret } from '../../config/secret.js';
import type {
  BatchLimits,
  ClosedGate,
  DeliveryReceiver,
  DeliveryReport,
  OutboundEvent,
  OutboundShape,
  TargetGreeting,
} from '../../dispatch/ports.js';
import { closedReport } from '../../receivers/closed-report.js';
import { reportOf } from '../../receivers/delivery-report.js';
import { DEFAULT_LIMITS, roomForEvents } from '../../receivers/limits.js';
import { mapResponse } from '../../receivers/mapper.js';
import { composeBody, compressBody, wireSize } from '../../receivers/request-body.js';
import { unsendableAsJson } from '../../receivers/unsendable.js';
import { teamspaceGate, wireGate } from './gate.js';
import { readHealth } from './health.js';
import { type BatchPost, TeamspaceLine } from './line.js';
import { teamspaceGrowth, teamspacePayload } from './payload.js';
import type { TeamspaceReceiverSettings } from './settings.js';

/** Spec Kitty's hosted service: Bearer token, team, Private Teamspace, a health document. */
export class TeamspaceReceiver implements DeliveryReceiver {
  readonly endpoint: string;
  readonly limits: BatchLimits;
  readonly #settings: TeamspaceReceiverSettings;
  readonly #fullLimits: BatchLimits;
  readonly #line: TeamspaceLine;

  constructor(settings: TeamspaceReceiverSettings) {
    this.endpoint = shownAddress(settings.batchUrl);
    this.#fullLimits = { ...DEFAULT_LIMITS, ...settings.limits };
    this.limits = roomForEvents(this.#fullLimits);
    this.#settings = settings;
    this.#line = new TeamspaceLine(settings);
  }

  async closedGate(): Promise<ClosedGate | undefined> {
    return teamspaceGate(this.#settings);
  }

  async greet(signal: AbortSignal): Promise<TargetGreeting> {
    if (wireGate(this.#settings) !== undefined) return {};
    const token = await this.#line.currentToken();
    if (!(token instanceof Secret)) return { closed: token };
    const answer = await this.#line.getHealth(token, signal);
    return readHealth(answer, this.#fullLimits, this.#line.redact);
  }

  wireSize(event: OutboundShape): number {
    const growth = event.carriesOwnId ? teamspaceGrowth(this.#settings.teamSlug) : 0;
    return wireSize(event) + growth;
  }

  unsendable(event: OutboundEvent): string | undefined {
    return unsendableAsJson(event);
  }

  /** On a 401 the token is renewed once and the batch posted once more (docs/protocol.md, "Tokens of a Teamspace"). */
  async deliver(
    batch: readonly OutboundEvent[],
    signal: AbortSignal,
    mayStillLeave: () => Promise<boolean> = async () => true,
  ): Promise<DeliveryReport> {
    const gate = wireGate(this.#settings);
    if (gate !== undefined) return closedReport(batch.length, gate);
    const body = await compressBody(composeBody(batch, teamspacePayload(this.#settings.teamSlug)));
    const post = { body, signal, mayRepeat: mayStillLeave };
    const token = await this.#line.currentToken();
    if (!(token instanceof Secret)) return closedReport(batch.length, token);
    const first = await this.#post(batch, post, token);
    if (first.httpStatus !== 401) return first;
    const renewed = await this.#line.renewedToken();
    if (!(renewed instanceof Secret)) return withAdvice(first, renewed?.message);
    if (!(await mayStillLeave())) return notAgain(first);
    const second = await this.#post(batch, post, renewed);
    const bytesSent = first.bytesSent + second.bytesSent;
    const advice = `a renewed token was refused too: run \`${this.#line.loginCommand}\``;
    return { ...withAdvice(second, second.httpStatus === 401 ? advice : undefined), bytesSent };
  }

  async close(): Promise<void> {
    this.#line.close();
  }

  async #post(
    batch: readonly OutboundEvent[],
    post: BatchPost,
    token: Secret,
  ): Promise<DeliveryReport> {
    const answer = await this.#line.postBatch(post, token);
    const sentIds = batch.map(({ eventId }) => eventId);
    const now = (this.#settings.now ?? Date.now)();
    const options = { ack: 'results', now, redact: this.#line.redact } as const;
    return reportOf(mapResponse(sentIds, answer, options), answer, post.body.length);
  }
}

/** What the operator can do about a refusal, behind what the server said. The outcomes stay its own. */
function withAdvice(report: DeliveryReport, advice: string | undefined): DeliveryReport {
  return advice === undefined ? report : { ...report, error: `${report.error}. ${advice}` };
}

/** The token is good by now, so it stands in nobody's way: the pass ends, and the next one asks again. */
function notAgain({ blocked: _blocked, ...report }: DeliveryReport): DeliveryReport {
  const stop =
    'the token was renewed, but what may leave has changed meanwhile: the batch was not posted again';
  return { ...report, stop };
}
