import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import { settingsOf } from '../config/document.js';
import { variablesOfFrame } from '../config/request-frame.js';
import type { TargetSettings } from '../config/target-settings.js';
import type { ClosedGate } from '../dispatch/ports.js';
import { ackOf } from '../receivers/endpoint-kinds.js';
import { anError, type Finding } from '../receivers/probe/finding.js';
import {
  type ProbedTarget,
  type ProbeFacts,
  type ProbeOptions,
  type ProbeReport,
  probe,
} from '../receivers/probe/probe.js';
import type { Reachability } from '../receivers/reachability.js';
import { assertNotRetired, type TargetRecord } from '../targets/registry.js';
import { formatInForce } from '../targets/settings-in-force.js';
import { VERSION } from '../version.js';
import type { App } from './app.js';
import { kindOf } from './kinds.js';
import { lookUp } from './named-target.js';
import { overHttp } from './reach.js';
import type { Situation } from './situation.js';
import { modeGate, settingsNow } from './target-permission.js';

/** What a test of a target found. */
export interface TargetTest extends ProbeReport {
  readonly target: {
    readonly id: number | null;
    readonly name: string;
    /** Without the values of its query. */
    readonly address: string;
    readonly format: NonNullable<TargetSettings['format']> | null;
  };
  /** Every `setting` of the findings, `KEY=VALUE`. */
  readonly fitting: readonly string[];
}

export type TargetTestOptions = Pick<ProbeOptions, 'members' | 'isLight' | 'onStep'> & {
  readonly signal?: AbortSignal;
};

/** The mode lets nothing leave, canaries neither. */
export class DeliveryOffError extends RedrainError {
  override readonly name = 'DeliveryOffError';
  readonly code = 'DELIVERY_OFF';
  override readonly exitCode = EXIT.blocked;
}

/**
 * Finds with canaries what is wrong with a target, named by name, id or
 * address. Sends nothing of the journal and changes nothing.
 *
 * @throws UnknownTargetNameError, RetiredTargetError, MisconfiguredTargetError,
 * DeliveryOffError, ConfigUnreadableError.
 */
export async function testTarget(
  app: App,
  given: string,
  options: TargetTestOptions = {},
): Promise<TargetTest> {
  return app.reading(async ({ situation, stores }) => {
    settingsOf(situation.config);
    const { record, description } = await lookUp(stores?.targets, situation, given);
    if (record !== undefined) assertNotRetired(record);
    const gate = modeGate(situation);
    if (gate !== undefined) throw new DeliveryOffError(gate.message, { advice: gate.advice });
    const settings = record === undefined ? description?.settings : settingsNow(situation, record);
    const target = { ...description, ...record, settings } as TargetRecord;
    const report = kindOf(target).isHosted
      ? await asked(app, situation, target)
      : await probe(probed(app, situation, target), probeOptions(app, options));
    return reportOf(target, report);
  });
}

function reportOf(target: TargetRecord, report: ProbeReport): TargetTest {
  const { id = null, name, canonicalUrl: address } = target as Partial<TargetRecord>;
  return {
    target: {
      id,
      name: name ?? address ?? '',
      address: address ?? '',
      format: kindOf(target).isHosted ? null : formatInForce(target),
    },
    ...report,
    fitting: [...new Set(report.findings.flatMap(({ setting }) => setting ?? []))],
  };
}

function probed(app: App, situation: Situation, target: TargetRecord): ProbedTarget {
  const { settings } = target;
  const { secretEnv = [], authEnv, headers = {} } = settings;
  const named = [
    ...secretEnv,
    ...(authEnv === undefined ? [] : [authEnv]),
    ...Object.values(headers),
    ...variablesOfFrame(settings),
  ];
  const given = { deadlineMs: app.options.requestDeadlineMs ?? DEADLINE_MS, version: VERSION };
  return {
    settings,
    judgedBy: {
      url: target.rawEndpoint.reveal(),
      ack: ackOf(settings),
      isSigned: secretEnv.length > 0,
      secrets: [...new Set([...named, ...variablesIn(target.rawEndpoint.reveal())])],
    },
    maxEventBytes: situation.settings.capture.maxEventBytes,
    open: async (changed, onAnswer) => {
      // What was learned of a target is looked at afresh.
      const afresh = { ...target, readsGzip: null, settings: changed };
      const own = app.options.receiver?.(afresh);
      const surroundings = { ...given, now: () => app.now(), onAnswer };
      return own ?? kindOf(target).receiver(afresh, situation, surroundings);
    },
  };
}

/** Of a canary: a person waits. */
const DEADLINE_MS = 20_000;

const variablesIn = (address: string): string[] =>
  [...address.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g)].map(([, name = '']) => name);

function probeOptions(
  app: App,
  { signal = new AbortController().signal, ...options }: TargetTestOptions,
): ProbeOptions {
  return { ...options, signal, now: () => app.now() };
}

const NO_FACTS: ProbeFacts = {
  requests: 1,
  http_status: null,
  answer_ms: null,
  results: null,
  deduplicates: null,
  largest_bytes: null,
  clock_ahead_ms: null,
};

/** A Teamspace takes events of its projects only: it is asked whether it is there, and gets no canary. */
async function asked(app: App, situation: Situation, target: TargetRecord): Promise<ProbeReport> {
  const kind = kindOf(target);
  const found = await kind.reach(target, situation, overHttp(app, situation), app.now());
  const findings = found === undefined ? [] : faultsOf(found);
  return { works: findings.length === 0, findings, facts: NO_FACTS };
}

function faultsOf({ state, message }: Reachability): Finding[] {
  if (state === 'refused') return [anError('unauthorized', `At its health document ${message}.`)];
  if (state === 'unreachable') return [anError('no_answer', `At its health document: ${message}.`)];
  return [];
}

/** What keeps events from leaving for a target, as far as it is seen without any network. */
export async function gateOf(app: App, given: string): Promise<ClosedGate | undefined> {
  return app.reading(async ({ situation, stores }) => {
    const { record, description } = await lookUp(stores?.targets, situation, given);
    const target = { ...description, ...record } as TargetRecord;
    if (kindOf(target).isHosted) return undefined;
    const receiver = await probed(app, situation, target).open(target.settings, () => undefined);
    try {
      return await receiver.closedGate();
    } finally {
      await receiver.close();
    }
  });
}
