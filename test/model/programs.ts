import fc from 'fast-check';
import {
  type Action,
  type Answer,
  type Capture,
  type Command,
  type Given,
  type Meanwhile,
  type Now,
  type Permit,
  PROJECTS,
  type Redact,
  SERVERS,
  type ServerName,
  TYPES,
  type Word,
} from './commands.js';

/** Commands in no order anybody thought of. */
export function anyProgram(): fc.Arbitrary<Command[]> {
  return fc.array(anyCommand(), { minLength: 1, maxLength: 40, size: 'max' });
}

function anyCommand(): fc.Arbitrary<Command> {
  const diesAt = rarely(fc.integer({ min: 1, max: 12 }));
  return fc.tuple(anyAction(), diesAt).map(([action, dies]) => ({ ...action, diesAt: dies }));
}

/** Null three times out of four. */
function rarely<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.oneof(
    { withCrossShrink: true },
    { weight: 3, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary },
  );
}

function anyAction(): fc.Arbitrary<Action> {
  const server = fc.constantFrom<ServerName[]>('a', 'a', 'b', ...SERVERS);
  return fc.oneof(
    { weight: 14, arbitrary: anyMeanwhile() },
    { weight: 10, arbitrary: anyNow() },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('switch' as const),
        server: fc.option(server, { freq: 6 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('wait' as const),
        ms: fc.integer({ min: 1, max: 60_000 }),
      }),
    },
  );
}

function anyMeanwhile(): fc.Arbitrary<Meanwhile> {
  return fc.oneof(
    { weight: 12, arbitrary: anyCapture() },
    {
      weight: 2,
      arbitrary: anyPermit(fc.boolean()),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constantFrom('retry' as const, 'replay' as const),
        nth: rarely(fc.nat(30)),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('decide' as const),
        nth: fc.nat(5),
        keep: fc.constantFrom('incoming' as const, 'incoming' as const, 'journal' as const),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('types' as const),
        server: fc.constantFrom<ServerName[]>('a', 'a', 'b'),
        types: fc.constantFrom<string[][]>([], ['!Note'], ['N?te'], ['Prog*', 'Note', '!P*']),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('from' as const),
        server: fc.constantFrom<ServerName[]>('a', 'a', 'b'),
        at: fc.nat(60),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('gc' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('archive' as const), undelivered: fc.boolean() }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('restore' as const), nth: fc.nat(5) }),
    },
    {
      weight: 2,
      arbitrary: anyRedaction(),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constantFrom('retire' as const, 'return' as const),
        server: fc.constantFrom<ServerName[]>('a', 'a', 'b', ...SERVERS),
      }),
    },
  );
}

function anyCapture(): fc.Arbitrary<Capture> {
  return fc.record({
    do: fc.constant('capture' as const),
    events: fc.array(anyGiven(), { minLength: 1, maxLength: 6, size: 'max' }),
    locked: fc.nat(9).map((n) => n === 5),
  });
}

function anyGiven(): fc.Arbitrary<Given> {
  const nth = fc.nat(30);
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        is: fc.constant('new' as const),
        project: fc.constantFrom('p1', 'p1', 'p1', ...PROJECTS),
        type: fc.constantFrom('Progress', ...TYPES),
        key: rarely(fc.constantFrom('k1', 'k2')),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ is: fc.constant('again' as const), nth, respelled: fc.boolean() }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        is: fc.constant('other' as const),
        nth,
        content: fc.constantFrom('second', 'third'),
      }),
    },
  );
}

function anyNow(): fc.Arbitrary<Now> {
  return fc.record({
    do: fc.constant('now' as const),
    named: rarely(fc.constantFrom(...SERVERS)),
    honourBackoff: fc.boolean(),
    limit: rarely(fc.integer({ min: 1, max: 6 })),
    batch: fc.oneof(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 8 })),
    answers: anyAnswers(),
    poison: rarely(fc.integer({ min: 2, max: 5 })),
    meanwhile: fc.array(anyMeanwhile(), { maxLength: 3 }),
    between: anyBetween(),
    stopAt: rarely(fc.integer({ min: 1, max: 3 })),
  });
}

/** At some of the moments between reading, claiming and posting. */
function anyBetween(): fc.Arbitrary<(Meanwhile | null)[]> {
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant<(Meanwhile | null)[]>([]) },
    { weight: 1, arbitrary: fc.array(fc.option(anyInterference(), { freq: 3 }), { maxLength: 5 }) },
  );
}

/** More often than at other times what a drain must not overlook. */
function anyInterference(): fc.Arbitrary<Meanwhile> {
  return fc.oneof(
    { weight: 3, arbitrary: anyRedaction() },
    { weight: 2, arbitrary: anyPermit(fc.constant(false)) },
    { weight: 3, arbitrary: anyMeanwhile() },
  );
}

const anyRedaction = (): fc.Arbitrary<Redact> =>
  fc.record({ do: fc.constant('redact' as const), nth: fc.nat(12) });

const anyPermit = (allowed: fc.Arbitrary<boolean>): fc.Arbitrary<Permit> =>
  fc.record({
    do: fc.constant('permit' as const),
    projects: fc.subarray([...PROJECTS], { minLength: 1 }),
    allowed,
  });

const WORDS = [
  'success',
  'success',
  'pending',
  'rejected',
  'refused',
  'odd',
  'silent',
] as const satisfies Word[];

/** Often a server that takes everything, now and then one that is down for good. */
function anyAnswers(): fc.Arbitrary<Answer[]> {
  const down: Answer[] = new Array(9).fill({ say: 'nothing', stored: false });
  return fc.oneof(
    { weight: 6, arbitrary: fc.array(anyAnswer(), { maxLength: 4, size: 'max' }) },
    { weight: 3, arbitrary: fc.constant<Answer[]>([]) },
    { weight: 1, arbitrary: fc.constant(down) },
  );
}

function anyAnswer(): fc.Arbitrary<Answer> {
  const stored = fc.boolean();
  return fc.oneof(
    { weight: 1, arbitrary: fc.record({ say: fc.constant('success' as const) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        say: fc.constant('words' as const),
        words: fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 5, size: 'max' }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        say: fc.constant('refuse' as const),
        status: fc.constantFrom(400 as const, 413 as const),
        naming: rarely(fc.integer({ min: 1, max: 3 })),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        say: fc.constant('fail' as const),
        status: fc.constantFrom(302, 401, 403, 404, 412, 429, 500, 503),
        retryAfter: rarely(fc.integer({ min: 0, max: 90 })),
      }),
    },
    { weight: 1, arbitrary: fc.record({ say: fc.constant('nothing' as const), stored }) },
    {
      weight: 1,
      arbitrary: fc.record({ say: fc.constant('rubbish' as const), stored, nth: fc.nat(4) }),
    },
  );
}
