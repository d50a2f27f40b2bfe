/** Everything that can happen on the machine of a program, as plain data: fast-check can shrink it. */

export const SERVERS = ['a', 'b', 'c'] as const;
export type ServerName = (typeof SERVERS)[number];

/** Gets one event in each request, and several requests at once; the others get batches. */
export const SINGLE: ServerName = 'b';

/** The last stands for events without a project. */
export const PROJECTS = ['p1', 'p2', 'p3', null] as const;
export type Project = (typeof PROJECTS)[number];

/** Only the first coalesces. */
export const TYPES = ['Progress', 'Note'] as const;
export type EventType = (typeof TYPES)[number];

/** One event that some program hands over. `nth` picks one of those the journal knows. */
export type Given =
  | {
      readonly is: 'new';
      readonly project: Project;
      readonly type: EventType;
      readonly key: string | null;
    }
  /** The same again: byte for byte, or spelled otherwise. */
  | { readonly is: 'again'; readonly nth: number; readonly respelled: boolean }
  /** Another content under a known id. */
  | { readonly is: 'other'; readonly nth: number; readonly content: string };

/** What a receiver that knows its protocol says of one event. `odd` is no status, `silent` no entry. */
export type Word = 'success' | 'pending' | 'rejected' | 'refused' | 'odd' | 'silent';

/** How a receiver answers one post. */
export type Answer =
  | { readonly say: 'success' }
  /** One word for each event in turn. */
  | { readonly say: 'words'; readonly words: readonly Word[] }
  /** The batch as a whole is refused; with `naming`, every so many-th event is named as the reason. */
  | { readonly say: 'refuse'; readonly status: 400 | 413; readonly naming: number | null }
  | { readonly say: 'fail'; readonly status: number; readonly retryAfter: number | null }
  /** The connection goes, or rubbish comes, before or after the events were stored. */
  | { readonly say: 'nothing'; readonly stored: boolean }
  | { readonly say: 'rubbish'; readonly stored: boolean; readonly nth: number };

export interface Capture {
  readonly do: 'capture';
  readonly events: readonly Given[];
  /** Another program holds the journal's write lock: the spool takes the events. */
  readonly locked: boolean;
}

export interface Permit {
  readonly do: 'permit';
  readonly projects: readonly Project[];
  readonly allowed: boolean;
}
export type Requeue = {
  readonly do: 'retry' | 'replay';
  /** One event, or all of them. */
  readonly nth: number | null;
};
export type Clean =
  | { readonly do: 'gc' }
  | { readonly do: 'archive'; readonly undelivered: boolean }
  | { readonly do: 'restore'; readonly nth: number };

/** Erases the bytes of one event, wherever it is on its way. */
export interface Redact {
  readonly do: 'redact';
  /** Counted from the newest. */
  readonly nth: number;
}

export interface Retire {
  readonly do: 'retire' | 'return';
  readonly server: ServerName;
}

/** Settles one of the conflicts that are open. */
export interface Decide {
  readonly do: 'decide';
  readonly nth: number;
  readonly keep: 'journal' | 'incoming';
}

/** What a known target gets: by the types of events, or from which one on. */
export type Filter =
  | { readonly do: 'types'; readonly server: ServerName; readonly types: readonly string[] }
  | { readonly do: 'from'; readonly server: ServerName; readonly at: number };

/** What can happen in the middle of a drain. */
export type Meanwhile = Capture | Permit | Requeue | Clean | Redact | Retire | Decide | Filter;

export interface Now {
  readonly do: 'now';
  /** A known target, named as with `--target`; null is the active one. */
  readonly named: ServerName | null;
  readonly honourBackoff: boolean;
  readonly limit: number | null;
  readonly batch: number;
  /** For the first posts; after them everything succeeds, but for what is poison. */
  readonly answers: readonly Answer[];
  /** A batch with an event whose number this divides is refused. */
  readonly poison: number | null;
  /** One during each of the first posts, while the receiver takes its time with the answer. */
  readonly meanwhile: readonly Meanwhile[];
  /**
   * By another process: one each time that events were claimed, or made ready to be
   * claimed next, and none of them has left.
   */
  readonly between: readonly (Meanwhile | null)[];
  /** The operator interrupts it during the nth post. */
  readonly stopAt: number | null;
}

export type Action =
  | Meanwhile
  | Now
  /** Null: `LOCAL_RETENTION`, no target at all. */
  | { readonly do: 'switch'; readonly server: ServerName | null }
  | { readonly do: 'wait'; readonly ms: number };

/** The process dies at the nth named step it comes by, if the command has so many. */
export type Command = Action & { readonly diesAt: number | null };

/** An operator's plain `now`, with nothing in its way. */
export const PLAIN_NOW: Now = {
  do: 'now',
  named: null,
  honourBackoff: false,
  limit: null,
  batch: 100,
  answers: [],
  poison: null,
  meanwhile: [],
  between: [],
  stopAt: null,
};
