import { wholeText } from '../../base/advice.js';
import { grouped } from '../../base/grouped.js';
import type { DeliveryReceiver, OutboundEvent } from '../../dispatch/ports.js';
import type { TargetSettings } from '../../targets/registry.js';
import type { HttpAnswer } from '../answer.js';
import { canaries } from './canary.js';
import { skewFault, skewOf, skewWarning } from './clock.js';
import { anError, aWarning, type Finding } from './finding.js';
import { fittingFormats, settingOf } from './formats.js';
import {
  doubtsOf,
  faultOf,
  headOf,
  isTaken,
  type JudgedBy,
  resultsOf,
  statusOf,
  type Tried,
} from './judge.js';
import { findSizeLimit, type SizeVerdict } from './size-limit.js';

/** A target as the probe gets it. */
export interface ProbedTarget {
  readonly settings: TargetSettings;
  readonly judgedBy: JudgedBy;
  /** Of one event that can be captured. */
  readonly maxEventBytes: number;
  /** A receiver with these settings; `onAnswer` is told every answer that it gets. */
  open(settings: TargetSettings, onAnswer: (answer: HttpAnswer) => void): Promise<DeliveryReceiver>;
}

export interface ProbeOptions {
  /** Members that each canary has besides its own. */
  readonly members?: Readonly<Record<string, unknown>>;
  /** Only whether a canary is taken: nothing is sent again, and nothing large. */
  readonly isLight?: boolean;
  readonly signal: AbortSignal;
  /** Epoch milliseconds. */
  now(): number;
  /** Told what is tried next, for a person who waits. */
  onStep?(step: string): void;
}

/** What was seen, where nothing is wrong with it either. */
export interface ProbeFacts {
  requests: number;
  http_status: number | null;
  /** Of the first request that was answered for good, in milliseconds. */
  answer_ms: number | null;
  /** Whether the answer has a result for each event; null without an answer. */
  results: boolean | null;
  /** Whether an event that comes twice is known; null where the answers do not tell. */
  deduplicates: boolean | null;
  /** Bytes of the largest request that was taken. */
  largest_bytes: number | null;
  /** How far the receiver's clock is ahead of this one, in milliseconds; null where it tells no time. */
  clock_ahead_ms: number | null;
}

export interface ProbeReport {
  /** True when events arrive with these settings. */
  readonly works: boolean;
  readonly findings: readonly Finding[];
  readonly facts: ProbeFacts;
}

/**
 * Finds out with canaries what is wrong with a target. Sends nothing of a
 * journal, changes nothing here, and never throws for what a target does.
 */
export async function probe(target: ProbedTarget, options: ProbeOptions): Promise<ProbeReport> {
  return new Probe(target, options).run();
}

const MOST_CANARIES = 3;

class Probe {
  readonly #target: ProbedTarget;
  readonly #options: ProbeOptions;
  readonly #findings: Finding[] = [];
  readonly #facts: ProbeFacts = {
    requests: 0,
    http_status: null,
    answer_ms: null,
    results: null,
    deduplicates: null,
    largest_bytes: null,
    clock_ahead_ms: null,
  };

  constructor(target: ProbedTarget, options: ProbeOptions) {
    this.#target = target;
    this.#options = options;
  }

  async run(): Promise<ProbeReport> {
    const { settings } = this.#target;
    this.#options.onStep?.('sending canaries');
    const first = await this.#with(settings, async (sender) => {
      const gate = await sender.receiver.closedGate();
      if (gate !== undefined) {
        this.#findings.push(anError('not_ready', wholeText(gate)));
        return undefined;
      }
      const tried = await sender.send(this.#canariesFor(sender));
      this.#note(tried);
      if (isTaken(tried)) await this.#look(sender, tried);
      return tried;
    });
    if (first !== undefined && !isTaken(first)) await this.#explain(first);
    const works = this.#findings.every(({ severity }) => severity === 'warning');
    return { works, findings: this.#findings, facts: this.#facts };
  }

  /** What a target that takes the canaries may still do wrong. */
  async #look(sender: Sender, first: Tried): Promise<void> {
    const { judgedBy } = this.#target;
    this.#findings.push(...doubtsOf(first, judgedBy), ...compressionDoubt(first));
    const skew = skewOf(first);
    if (skew !== undefined) this.#findings.push(...skewWarning(skew));
    if (this.#options.isLight === true) return;
    this.#options.onStep?.('sending the same again');
    await this.#resend(sender, first);
    this.#options.onStep?.('sending larger ones');
    await this.#grow(sender, first);
  }

  /** Why the canaries were not taken, and which settings would have them taken. */
  async #explain(first: Tried): Promise<void> {
    const { judgedBy, settings } = this.#target;
    const fault = faultOf(first, judgedBy);
    if (fault === undefined) return;
    const skew = skewOf(first);
    const late =
      skew === undefined ? undefined : skewFault(skew, fault, judgedBy.isSigned, statusOf(first));
    if (late !== undefined) return void this.#findings.push(late);
    if (skew !== undefined) this.#findings.push(...skewWarning(skew));
    if (fault.severity === 'warning' || !mayBeTheFormat(first))
      return void this.#findings.push(fault);
    if (settings.compression === 'gzip' && (await this.#fits({ compression: 'none' }))) {
      const message = `It cannot read what is compressed. ${fault.message}`;
      return void this.#findings.push(anError('compression', message, 'compression=none'));
    }
    this.#options.onStep?.('trying other formats');
    const fitting = await fittingFormats(settings, (changes) => this.#fits(changes));
    const [best] = fitting;
    if (best === undefined) return void this.#findings.push(fault);
    const others = fitting.map(settingOf).join(', or ');
    const message = `${fault.message} It takes the canaries with ${others}.`;
    this.#findings.push({ ...fault, message, setting: settingOf(best) });
  }

  /** Whether other settings would do. */
  async #fits(changes: Partial<TargetSettings>): Promise<boolean> {
    const settings = { ...this.#target.settings, ...changes };
    const tried = await this.#with(settings, (sender) => sender.send(this.#canariesFor(sender)));
    return isTaken(tried);
  }

  async #resend(sender: Sender, first: Tried): Promise<void> {
    const again = await sender.send(first.events);
    const status = statusOf(again);
    const before = statusesIn(first);
    const after = statusesIn(again);
    if (!isTaken(again)) {
      if (status === null || status < 400 || status === 429 || status >= 500) return;
      const message = `It refuses an event that it has already (HTTP ${status}). An event whose answer was lost comes again, and would count as rejected: answer with 2xx, or with the result "duplicate".`;
      return void this.#findings.push(aWarning('resend_refused', message));
    }
    if (before === undefined || after === undefined) return;
    const isKnown = after.some((word) => word === 'duplicate');
    const isTwice = !isKnown && after.some((word, i) => word === 'success' && before[i] === word);
    this.#facts.deduplicates = isTwice ? false : isKnown ? true : null;
    if (!isTwice) return;
    const message =
      'The same event sent twice is "success" twice: it should know the event_id and say "duplicate". Delivery is at least once, so it may store an event twice.';
    this.#findings.push(aWarning('no_deduplication', message));
  }

  async #grow(sender: Sender, first: Tried): Promise<void> {
    const { settings, maxEventBytes } = this.#target;
    const limit = settings.maxBytes ?? sender.receiver.limits.maxBytes;
    const most = sender.isSingle ? Math.min(limit, maxEventBytes) : limit;
    const small = sizeOf(sender, first.events);
    let refusal: Tried | undefined;
    const { largestTaken, smallestRefused } = await findSizeLimit(small, most, async (bytes) => {
      const tried = await sender.send(this.#large(sender, bytes));
      const verdict = sizeVerdict(tried);
      if (verdict === 'refused') refusal = tried;
      return verdict;
    });
    this.#facts.largest_bytes = largestTaken;
    if (smallestRefused === null || refusal === undefined || largestTaken === null) return;
    if (largestTaken === small && !isTaken(await sender.send(this.#canariesFor(sender)))) return;
    this.#findings.push(sizeWarning(refusal, largestTaken, most, sender.isSingle));
  }

  /** A request of so many bytes: of several events, where a request has several. */
  #large(sender: Sender, bytes: number): OutboundEvent[] {
    const { maxEvents } = sender.receiver.limits;
    const count = sender.isSingle ? 1 : Math.max(1, Math.min(8, maxEvents));
    const bare = this.#canaries(count);
    const frame = sizeOf(sender, bare) - bare.reduce((sum, event) => sum + event.bytes.length, 0);
    return this.#canaries(count, Math.floor((bytes - frame - FRAME_BYTES) / count));
  }

  #canariesFor({ isSingle, receiver }: Sender): OutboundEvent[] {
    return this.#canaries(isSingle ? 1 : Math.min(MOST_CANARIES, receiver.limits.maxEvents));
  }

  #canaries(count: number, bytes?: number): OutboundEvent[] {
    const { members = {}, now } = this.#options;
    return canaries({ count, members, now: now(), ...(bytes === undefined ? {} : { bytes }) });
  }

  #note(tried: Tried): void {
    const head = headOf(tried.answers.at(-1));
    this.#facts.http_status = head?.status ?? null;
    this.#facts.answer_ms = head === undefined ? null : tried.endedAt - tried.startedAt;
    this.#facts.results = head === undefined ? null : resultsOf(tried.answers.at(-1)) !== undefined;
    this.#facts.clock_ahead_ms = skewOf(tried) ?? null;
  }

  async #with<T>(settings: TargetSettings, work: (sender: Sender) => Promise<T>): Promise<T> {
    const heard: HttpAnswer[] = [];
    const receiver = await this.#target.open(settings, (answer) => heard.push(answer));
    try {
      return await work(new Sender(receiver, heard, this.#options, this.#facts));
    } finally {
      await receiver.close();
    }
  }
}

/** Sends canaries with the receiver of a target, and keeps what was answered. */
class Sender {
  readonly isSingle: boolean;

  constructor(
    readonly receiver: DeliveryReceiver,
    private readonly heard: HttpAnswer[],
    private readonly options: ProbeOptions,
    private readonly facts: ProbeFacts,
  ) {
    this.isSingle = receiver.requestsAtOnce !== undefined;
  }

  async send(events: readonly OutboundEvent[]): Promise<Tried> {
    this.options.signal.throwIfAborted();
    this.heard.length = 0;
    const startedAt = this.options.now();
    const report = await this.receiver.deliver(events, this.options.signal);
    // A receiver within this process answers without any request.
    this.facts.requests += Math.max(1, this.heard.length);
    this.options.signal.throwIfAborted();
    return { events, report, answers: [...this.heard], startedAt, endedAt: this.options.now() };
  }
}

/** What stands around the events of a request, at most. */
const FRAME_BYTES = 16;

const sizeOf = ({ receiver }: Sender, events: readonly OutboundEvent[]): number =>
  events.reduce((sum, event) => sum + receiver.wireSize({ ...event, size: event.bytes.length }), 0);

/** Refusals that may be about how a request looks, and not about who sends it. */
const OF_THE_FORMAT = new Set([400, 406, 411, 415, 422, 500, 501]);
const mayBeTheFormat = (tried: Tried): boolean => OF_THE_FORMAT.has(statusOf(tried) ?? 0);

/** A first request that was refused compressed, and then taken as it is. */
function compressionDoubt({ answers }: Tried): Finding[] {
  const [first] = answers;
  const status = headOf(first)?.status ?? 0;
  if (answers.length < 2 || status < 400) return [];
  const message = `It cannot read what is compressed (HTTP ${status}). Requests are sent again as they are, so that everything arrives.`;
  return [aWarning('compression', message, 'compression=none')];
}

/** The words of the results, in the order of the canaries; undefined without results. */
function statusesIn({ answers, events, report }: Tried): string[] | undefined {
  if (resultsOf(answers.at(-1)) === undefined || events.length === 0) return undefined;
  return report.outcomes.map((outcome) => outcome?.kind ?? '');
}

/** A target that is busy, or failed for another reason, says nothing of sizes. */
function sizeVerdict(tried: Tried): SizeVerdict {
  if (isTaken(tried)) return 'taken';
  const status = statusOf(tried);
  return status === 429 || status === 503 || status === 408 ? 'unknown' : 'refused';
}

const KIB = 1024;

function sizeWarning(refusal: Tried, taken: number, most: number, isSingle: boolean): Finding {
  const words = faultWords(refusal);
  const limit = `It takes requests of ${kib(taken)}, and refuses larger ones (${words}).`;
  if (isSingle)
    return aWarning('size_limit', `${limit} An event that is larger cannot be delivered.`);
  const halves = `redrain sends up to ${kib(most)}, and halves what is refused; an event that is larger than the limit cannot be delivered.`;
  return aWarning('size_limit', `${limit} ${halves}`, `max_bytes=${taken}`);
}

function faultWords({ report }: Tried): string {
  const outcome = report.outcomes.find((one) => one !== undefined && 'reason' in one);
  const reason = outcome !== undefined && 'reason' in outcome ? outcome.reason : undefined;
  return (report.error ?? reason ?? 'no answer').replace(/[.]$/, '');
}

const kib = (bytes: number): string => `${grouped(Math.floor(bytes / KIB))} KiB`;
