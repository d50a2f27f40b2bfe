import type { Given, Project, ServerName } from './commands.js';
import { type Fact, newFact, respelled, withContent } from './fact.js';
import { KnownTarget } from './target-model.js';

/** One event of the journal. */
export interface KnownEvent extends Fact {
  readonly seq: number;
  readonly source: 'capture' | 'spool' | 'decision';
  eventClass: 'live' | 'coalesced' | 'replaced' | 'archived' | 'purged' | 'redacted';
  place: 'journal' | 'archive' | 'gone';
}

/** Another content that came for a known id. */
export interface KnownConflict {
  readonly fact: Fact;
  kept: 'journal' | 'incoming' | null;
  /** Its bytes went with a redaction. */
  isErased: boolean;
}

export type Verdict = 'captured' | 'duplicate' | 'conflict';

/** Whether a part of a command that was killed took place; of one that was not, every part did. */
export type Happened = (seq: number) => boolean;

/** What redrain promises, as the simplest bookkeeping would have it: no database, no files. */
export class Model {
  readonly events: KnownEvent[] = [];
  /** In the order in which they were found. */
  readonly conflicts: KnownConflict[] = [];
  readonly targets = new Map<ServerName, KnownTarget>();
  /** Groups that wait in the spool, oldest first. */
  readonly spool: (readonly Fact[])[] = [];
  ingested = 0;
  server: ServerName | null = 'a';
  readonly allowed = new Map<Project, boolean>([
    ['p1', true],
    ['p2', false],
  ]);
  /** What config.toml says of the types that targets get. */
  readonly types = new Map<ServerName, readonly string[]>();
  now = Date.UTC(2026, 0, 2);
  /** The revision in force of each id. */
  readonly #known = new Map<string, KnownEvent>();
  /** Redactions that died before their end: copies outside of the journal may be left. */
  readonly halfRedacted = new Set<string>();
  readonly #newestOfKey = new Map<string, KnownEvent>();
  #made = 0;

  /** The envelopes of a capture; those that repeat an event the journal has not got yet are left out. */
  facts(given: readonly Given[]): Fact[] {
    return given.flatMap((one): Fact[] => {
      if (one.is === 'new') {
        this.#made += 1;
        return [newFact({ ...one, id: `e${this.#made}` })];
      }
      const known = this.pick(one.nth);
      if (known === undefined) return [];
      if (one.is === 'other') return [withContent(known, one.content)];
      return [one.respelled ? respelled(known) : known];
    });
  }

  pick(nth: number): KnownEvent | undefined {
    return this.events[nth % Math.max(this.events.length, 1)];
  }

  /** Counted from the newest, which are the ones on their way. */
  pickRecent(nth: number): KnownEvent | undefined {
    return this.events.at(-1 - (nth % Math.max(this.events.length, 1)));
  }

  /** Oldest first; few events have more than one. */
  revisions(id: string): KnownEvent[] {
    return this.events.filter((event) => event.id === id);
  }

  seqsOf(id: string): number[] {
    return this.revisions(id).map(({ seq }) => seq);
  }

  /** One group, all of it or nothing. */
  append(group: readonly Fact[], source: KnownEvent['source']): Verdict[] {
    return group.map((fact) => {
      const known = this.#known.get(fact.id);
      if (known === undefined) {
        this.#add(fact, source);
        return 'captured';
      }
      if (known.content === fact.content) return 'duplicate';
      this.#keepConflict(fact);
      return 'conflict';
    });
  }

  /** Keeping the incoming content makes it the next revision, for those who cannot have another one. */
  decide(conflict: KnownConflict, keep: 'journal' | 'incoming'): void {
    const { fact } = conflict;
    const current = this.#known.get(fact.id) as KnownEvent;
    conflict.kept = keep;
    const isComparable = current.place === 'journal' && current.content === fact.content;
    if (keep === 'journal' || isComparable || current.sha256 === fact.sha256) return;
    const revisions = this.revisions(fact.id);
    const havers = [...this.targets.values()].filter((target) =>
      revisions.some(({ seq }) => target.mayHave(seq)),
    );
    this.#replace(current);
    const { seq } = this.#insert(fact, 'decision');
    for (const target of havers) target.withhold(seq);
  }

  /**
   * The target was refused this one each time, or was not posted it: a revision that was
   * withheld because it might have arrived may be sent, if none can have.
   */
  cannotHave(target: KnownTarget, seq: number): void {
    const { id } = this.events[seq - 1] as KnownEvent;
    const current = this.#known.get(id) as KnownEvent;
    if (current.seq <= seq || current.eventClass !== 'live') return;
    const others = this.seqsOf(id).filter((other) => other !== current.seq);
    if (!others.some((other) => target.mayHave(other))) target.withholdNoLonger(current.seq);
  }

  ingestSpool(groups: number): void {
    for (const group of this.spool.splice(0, groups)) this.append(group, 'spool');
    this.ingested += groups;
  }

  permits(project: Project): boolean {
    return this.allowed.get(project) === true;
  }

  target(name: ServerName): KnownTarget {
    const known = this.targets.get(name) ?? new KnownTarget();
    this.targets.set(name, known);
    return known;
  }

  /** What `gc` may take: delivered everywhere or coalesced, not in flight, not to be replayed. */
  mayGo(event: KnownEvent, undeliveredToo: boolean): boolean {
    const isCandidate = event.eventClass === 'live' || event.eventClass === 'coalesced';
    if (event.place !== 'journal' || !isCandidate) return false;
    const targets = [...this.targets.values()];
    if (
      targets.some(({ inFlight, replayed }) => inFlight.has(event.seq) || replayed.has(event.seq))
    )
      return false;
    return undeliveredToo || event.eventClass === 'coalesced' || this.#isEverywhere(event);
  }

  /** Bytes go: for good, or into an archive. */
  takeBytes(to: 'archive' | 'gone', undeliveredToo: boolean, happened: Happened): void {
    const going = this.events.filter((event) => this.mayGo(event, undeliveredToo));
    for (const event of going.filter(({ seq }) => happened(seq))) {
      event.place = to;
      if (event.eventClass === 'live') event.eventClass = to === 'archive' ? 'archived' : 'purged';
      this.#forgetTodos(event.seq);
    }
  }

  /** Bytes come back, and with them the event, unless another took its place before it was sent. */
  restore(seqs: readonly number[], happened: Happened): void {
    for (const event of seqs.map((seq) => this.events[seq - 1])) {
      if (event === undefined || event.place === 'journal' || !happened(event.seq)) continue;
      if (event.eventClass === 'redacted') continue;
      event.place = 'journal';
      if (event.eventClass === 'coalesced') continue;
      event.eventClass = this.#known.get(event.id) === event ? 'live' : 'replaced';
      if (event.eventClass === 'replaced') continue;
      for (const target of this.targets.values()) target.restore(event);
    }
  }

  /** Every revision of an id, and every other content that came for it. */
  redact(id: string, happened: Happened): void {
    const revisions = this.revisions(id).filter(({ seq }) => happened(seq));
    for (const event of revisions) {
      event.place = 'gone';
      event.eventClass = 'redacted';
      this.#forgetTodos(event.seq);
      for (const [key, newest] of this.#newestOfKey)
        if (newest === event) this.#newestOfKey.delete(key);
    }
    if (revisions.length === 0) return;
    for (const conflict of this.conflicts) if (conflict.fact.id === id) conflict.isErased = true;
  }

  live(seqs: Iterable<number>): number[] {
    return [...seqs].filter((seq) => this.events[seq - 1]?.eventClass === 'live');
  }

  #add(fact: Fact, source: KnownEvent['source']): void {
    const event = this.#insert(fact, source);
    if (source === 'capture' && event.key !== null) this.#coalesce(event);
  }

  #insert(fact: Fact, source: KnownEvent['source']): KnownEvent {
    const seq = this.events.length + 1;
    const event: KnownEvent = { ...fact, seq, source, eventClass: 'live', place: 'journal' };
    this.events.push(event);
    this.#known.set(event.id, event);
    return event;
  }

  /** The same content once more adds nothing. */
  #keepConflict(fact: Fact): void {
    const isKnown = this.conflicts.some(
      (one) => one.fact.id === fact.id && one.fact.sha256 === fact.sha256,
    );
    if (!isKnown) this.conflicts.push({ fact, kept: null, isErased: false });
  }

  #replace(event: KnownEvent): void {
    if (event.eventClass !== 'live' && event.eventClass !== 'archived') return;
    event.eventClass = 'replaced';
    this.#forgetTodos(event.seq);
  }

  #forgetTodos(seq: number): void {
    for (const target of this.targets.values()) target.forgetTodo(seq);
  }

  /** The one before it is taken back, unless it may have left this machine. */
  #coalesce(event: KnownEvent): void {
    const key = `${event.project} ${event.key}`;
    const earlier = this.#newestOfKey.get(key);
    this.#newestOfKey.set(key, event);
    if (earlier?.eventClass !== 'live') return;
    const isFrozen = [...this.targets.values()].some((target) => target.speaksOf(earlier.seq));
    if (!isFrozen) earlier.eventClass = 'coalesced';
  }

  /** At every target in use that does not exclude it, and at one in use at least. */
  #isEverywhere(event: KnownEvent): boolean {
    const used = [...this.targets.values()].filter(({ retired }) => !retired);
    const isThere = (target: KnownTarget): boolean => target.isDelivered(event.seq);
    return used.some(isThere) && used.every((target) => isThere(target) || target.excludes(event));
  }
}
