import type { RequestFrame } from '../../config/request-frame.js';
import type { Secret } from '../../config/secret.js';
import type { TargetSettings } from '../../config/target-settings.js';
import type { OutboundEvent, OutboundShape } from '../../dispatch/ports.js';

/** One request as a format composes it; compression and what the operator sets come on top. */
export interface ComposedRequest {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** How the requests of one target look: a row of `FORMATS`, with what it needs of the target. */
export interface RequestFormat {
  /** One event in each request, which the status answers for; else a batch. */
  readonly isSingle: boolean;
  /** Whether `compression = "auto"` compresses it on the way to other machines. */
  readonly isCompressible: boolean;
  /** Bytes around the events of one request. */
  readonly frameBytes: number;
  /** Names of the headers, in lower case, that it gives itself: an operator may not. */
  owns(header: string): boolean;
  /** One request for these events; one event where it is single. */
  compose(batch: readonly OutboundEvent[]): ComposedRequest;
  /** Upper bound of the bytes that one event takes in a body, separators included. */
  wireSize(event: OutboundShape): number;
  /** Why this event can never be sent in this format, or undefined. Pure. */
  unsendable(event: OutboundEvent): string | undefined;
}

/** What a format is made from. */
export interface FormatGiven {
  /** Variables in `body` and `item` are filled in. */
  readonly settings: Pick<TargetSettings, 'mode'> & RequestFrame;
  /** Keys for signatures; several while one takes the place of another. */
  readonly secrets: readonly Secret[];
  /** The `source` of events that name none: stable for a home. */
  readonly source: string;
  /** Who sends, for the format `hub`. */
  readonly sender: HubSender;
  /** Epoch milliseconds. */
  now(): number;
}

/** What a hub is told of its edge in every request. */
export interface HubSender {
  /** The home id. */
  readonly home: string;
  /** Which copy of that home. */
  readonly instance: string;
  /** The name of this machine, for people. */
  readonly host: string;
  /** Which of the targets of the home this is. */
  readonly stream: string;
}
