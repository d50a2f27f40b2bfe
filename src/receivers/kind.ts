import type { ConfigDocument } from '../config/document.js';
import type { HomePaths } from '../config/home.js';
import type { SyncSettings } from '../config/settings.js';
import type { ClosedGate, DeliveryReceiver } from '../dispatch/ports.js';
import type { ActiveTarget } from '../targets/active-target.js';
import type { TargetIdentity } from '../targets/identity.js';
import type { TargetKind, TargetRecord, TargetSettings } from '../targets/registry.js';
import type { HttpAnswer } from './answer.js';
import type { AskHttp, Reachability } from './reachability.js';

/** What a kind of target is asked about: home, environment and configuration of one moment. */
export interface Circumstances {
  readonly paths: HomePaths;
  readonly env: NodeJS.ProcessEnv;
  readonly config: ConfigDocument;
  /** Defaults while the configuration is unreadable. */
  readonly settings: SyncSettings;
  /** Whether anything here is of Spec Kitty. Where nothing is, nobody is told of it. */
  readonly usesSpecKitty: boolean;
}

/** What a process gives to every receiver that it makes. */
export interface ReceiverSurroundings {
  /** Of each request; the usual ones when undefined. */
  readonly deadlineMs: number | undefined;
  /** Of redrain, for the User-Agent. */
  readonly version: string;
  /** Told each answer that arrives, whatever it means. */
  readonly onAnswer?: ((answer: HttpAnswer) => void) | undefined;
  /** Told when it is learned whether the target reads gzip. */
  readonly learnedGzip?: ((readsGzip: boolean) => Promise<void>) | undefined;
  /** Epoch milliseconds. */
  now(): number;
}

/** Whether events could leave now: the first of these that holds, in this order. */
export type ReadinessState =
  | 'rollout_disabled'
  | 'missing_auth'
  | 'missing_host_config'
  | 'no_target'
  | 'host_unreachable'
  | 'ready';

/** What stands in the way, as far as this machine can tell alone. */
export interface Obstacle {
  readonly state: ReadinessState;
  readonly message: string;
  /** What stands behind the message where people read it alone, without `command` and `advice`. */
  readonly howTo?: string | undefined;
  /** The command that ends it; null where no one command does. */
  readonly command: string | null;
  /** What ends it where no one command does. */
  readonly advice?: string;
}

/**
 * One kind of target: all that the rest of redrain asks of it. The rows stand in
 * `KINDS` (src/app/kinds.ts); nobody else tells one kind from another.
 * `At` is what the kind has to know: a row that looks at the configuration
 * alone serves wherever more is known.
 */
export interface TargetKindRow<At extends Circumstances = Circumstances> {
  /** As it is stored with the target. */
  readonly kind: TargetKind;
  /** True where address, login and team are Spec Kitty's, and not settings of the target itself. */
  readonly isHosted: boolean;

  // Which target the configuration means.

  /** The target that the configuration names, or why there is none. */
  configured(at: At): ActiveTarget;
  /** False while it is not known whose target it is: a row would fork at the first login. */
  hasIdentity(at: At): boolean;
  /** Which projects a target gets that was never drained. */
  projects(settings: SyncSettings): 'all' | 'allowed';
  /** The settings of a known target as the configuration has them now. */
  settingsNow(target: TargetRecord, settings: SyncSettings): TargetSettings;
  /** Team to show for a target; undefined where targets have none. */
  team(target: Pick<TargetRecord, 'teamSlug'>): string | undefined;

  // Whether events may leave, told without any network.

  /** The first closed gate of the active target that the configuration tells. */
  gate(at: At, active: ActiveTarget): ClosedGate | undefined;
  /** @throws SplitBrainError where two servers are named and neither may decide. */
  assertOneServer(at: At): void;
  /** A line to show before the first request; undefined when there is nothing to warn of. */
  warning(at: At): string | undefined;
  /** Sending is switched off for all targets of this kind. */
  switchedOff(at: At): Obstacle | undefined;
  /** The first obstacle beside gate and switch. `now` in epoch milliseconds. */
  obstacle(at: At, now: number): Promise<Obstacle | undefined>;
  /** Whether a secret is needed to send, and whether there is one. */
  authentication(at: At): { readonly required: boolean; readonly present: boolean };
  /** What ends a refused or missing secret at this address: a command, or advice. */
  signIn(address: string): string | { readonly advice: string };

  // The way to the target.

  /** A receiver with the endpoint and the secrets of this target, never those of another. */
  receiver(target: TargetRecord, at: At, given: ReceiverSurroundings): Promise<DeliveryReceiver>;
  /** Asks the target once whether it is there; undefined when there is nobody to ask. */
  reach(
    identity: TargetIdentity,
    at: At,
    ask: AskHttp,
    now: number,
  ): Promise<Reachability | undefined>;
}
