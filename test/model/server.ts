import { expect } from 'chai';
import type { Outcome } from '../../src/dispatch/ports.js';
import type { HttpAnswer } from '../../src/receivers/answer.js';
import type { Answer, Now, Word } from './commands.js';
import type { Fact } from './fact.js';

/** What an answer says of one event, as docs/protocol.md has it; undefined: it says nothing, post it again. */
export type Told = Outcome['kind'] | undefined;

export interface Reply {
  readonly answer: HttpAnswer;
  /** In the order of the post. */
  readonly told: readonly Told[];
  /** Milliseconds for which the server wants to be left alone. */
  readonly leaveAloneMs: number | null;
}

/** One receiver: it dedupes by event id, keeps bytes, and answers as a program has it. */
export class Server {
  /** SHA-256 of the bytes of every event it took. */
  readonly stored = new Map<string, string>();
  /** Of the drain that goes on. */
  #mood: Pick<Now, 'answers' | 'poison'> = { answers: [], poison: null };
  #posts = 0;

  expectDrain(mood: Pick<Now, 'answers' | 'poison'>): void {
    this.#mood = mood;
    this.#posts = 0;
  }

  /** True while nothing but success was answered in this drain. */
  get onlySucceeded(): boolean {
    const { answers, poison } = this.#mood;
    return poison === null && answers.slice(0, this.#posts).every(({ say }) => say === 'success');
  }

  reply(posted: readonly Fact[]): Reply {
    for (const { id, sha256 } of posted)
      expect(this.stored.get(id) ?? sha256, `what is here of ${id}, sent again`).to.equal(sha256);
    const answer = this.#mood.answers[this.#posts] ?? this.#usual(posted);
    this.#posts += 1;
    switch (answer.say) {
      case 'success':
        return this.#inWords(posted, ['success']);
      case 'words':
        return this.#inWords(posted, answer.words);
      case 'refuse':
        return refusal(posted, answer);
      case 'fail':
        return failure(posted, answer);
      case 'nothing':
      case 'rubbish':
        if (answer.stored) for (const fact of posted) this.#store(fact);
        return everyOne(posted, 'transient', unreadable(answer));
    }
  }

  #usual(posted: readonly Fact[]): Answer {
    const { poison } = this.#mood;
    const isPoisoned =
      poison !== null && posted.some(({ id }) => Number(id.slice(1)) % poison === 0);
    return isPoisoned ? { say: 'refuse', status: 400, naming: null } : { say: 'success' };
  }

  #inWords(posted: readonly Fact[], words: readonly Word[]): Reply {
    const told: Told[] = [];
    const results: unknown[] = [];
    for (const [i, fact] of posted.entries()) {
      const word = words[i % words.length] as Word;
      const kind = this.#take(fact, word);
      told.push(kind);
      if (word !== 'silent') results.push({ event_id: fact.id, ...entryOf(word, kind) });
    }
    return { answer: json(200, { results }), told, leaveAloneMs: null };
  }

  #take(fact: Fact, word: Word): Outcome['kind'] {
    if (word === 'odd' || word === 'silent') return 'transient';
    if (word === 'rejected') return 'rejected';
    if (word === 'refused') return 'terminal_failed';
    const isNew = this.#store(fact);
    if (word === 'pending') return 'pending';
    return isNew ? 'success' : 'duplicate';
  }

  /** False when it was here. */
  #store({ id, sha256 }: Fact): boolean {
    const isNew = !this.stored.has(id);
    this.stored.set(id, sha256);
    return isNew;
  }
}

function entryOf(word: Word, kind: Outcome['kind']): Record<string, string> {
  if (word === 'odd') return { status: 'perhaps' };
  if (word === 'refused') return { status: 'rejected', error_category: 'project_refused' };
  return { status: kind };
}

/** Of an event that stands alone, the refusal is a verdict. */
function refusal(
  posted: readonly Fact[],
  { status, naming }: Extract<Answer, { say: 'refuse' }>,
): Reply {
  const named = posted.map((_fact, i) => status === 400 && naming !== null && i % naming === 0);
  const details = posted
    .filter((_fact, i) => named[i])
    .map(({ id }) => ({ event_id: id, detail: 'not this one' }));
  const alone = status === 413 ? 'terminal_failed' : 'rejected';
  return {
    answer: json(status, { error: 'no', ...(naming === null ? {} : { details }) }),
    told: named.map((isNamed) => (isNamed ? 'rejected' : posted.length === 1 ? alone : undefined)),
    leaveAloneMs: null,
  };
}

function failure(
  posted: readonly Fact[],
  { status, retryAfter }: Extract<Answer, { say: 'fail' }>,
): Reply {
  const headers = retryAfter === null ? {} : { 'retry-after': `${retryAfter}` };
  const asks = retryAfter !== null && mayAsk(status);
  return {
    ...everyOne(posted, 'transient', json(status, { error: 'not now' }, headers)),
    leaveAloneMs: asks ? retryAfter * 1_000 : null,
  };
}

function everyOne(posted: readonly Fact[], told: Told, answer: HttpAnswer): Reply {
  return { answer, told: posted.map(() => told), leaveAloneMs: null };
}

const RUBBISH = [
  '',
  '<html><body>Log in</body></html>',
  '[]',
  '{"results":{"e1":"success"}}',
  '{"results":[{"event_id":["e1"],"status":"success"}]}',
];

function unreadable(answer: Extract<Answer, { say: 'nothing' | 'rubbish' }>): HttpAnswer {
  if (answer.say === 'nothing') return { failure: 'the connection was reset' };
  return { status: 200, headers: {}, body: Buffer.from(RUBBISH[answer.nth] ?? '') };
}

function json(status: number, value: unknown, headers: Record<string, string> = {}): HttpAnswer {
  return { status, headers, body: Buffer.from(JSON.stringify(value)) };
}

/** Where `Retry-After` counts. */
const mayAsk = (status: number): boolean => status >= 500 || [408, 409, 425, 429].includes(status);
