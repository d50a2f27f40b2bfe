import { expect } from 'chai';
import fc from 'fast-check';
import { observeSteps } from '../../src/base/steps.js';
import { isTable, parseToml, type TomlTable } from '../../src/config/toml.js';
import { editToml, type TomlChange, TomlEditError } from '../../src/config/toml-edit.js';

const set = (value: TomlChange['value'], ...path: string[]): TomlChange => ({ path, value });
const remove = (...path: string[]): TomlChange => ({ path, value: undefined });
const server = set('https://b', 'sync', 'server_url');

type Case = [name: string, before: string, changes: TomlChange[], after: string];

const SETTING: Case[] = [
  [
    'in place, between comments',
    '# top\n[sync]\n# about\nserver_url = "a"  # why\nmax_queue_size = 5\n\n[other]\nx=1\n',
    [server],
    '# top\n[sync]\n# about\nserver_url = "https://b"  # why\nmax_queue_size = 5\n\n[other]\nx=1\n',
  ],
  ['in an empty file', '', [server], '[sync]\nserver_url = "https://b"\n'],
  ['after a lone comment', '# mine\n', [server], '# mine\n\n[sync]\nserver_url = "https://b"\n'],
  [
    'in an empty table',
    '[sync]\n[next]\nb=1\n',
    [server],
    '[sync]\nserver_url = "https://b"\n[next]\nb=1\n',
  ],
  [
    'at the end of its table, before the comment of the next',
    '[sync]\na = 1\n\n# about o\n[o]\na=1\n',
    [server],
    '[sync]\na = 1\nserver_url = "https://b"\n\n# about o\n[o]\na=1\n',
  ],
  [
    'beside a table that exists only through its children',
    '[sync.repo_defaults."a/b"]\nenabled = true\n# end\n',
    [server],
    '[sync.repo_defaults."a/b"]\nenabled = true\n# end\n\n[sync]\nserver_url = "https://b"\n',
  ],
  [
    'in an inline table',
    'sync = { server_url = "x", max_queue_size = 5 } # c\n[o]\na=1\n',
    [server],
    'sync = { server_url = "https://b", max_queue_size = 5 } # c\n[o]\na=1\n',
  ],
  [
    'new in an inline table',
    'sync = { a = 1 } # c\n',
    [server],
    'sync = { a = 1, server_url = "https://b" } # c\n',
  ],
  [
    'in an empty inline table',
    'sync = {} # c\n',
    [server],
    'sync = { server_url = "https://b" } # c\n',
  ],
  [
    'deep in an inline table',
    'sync = { external = { ack = "results" } }\n',
    [set('E', 'sync', 'external', 'headers', 'X-A')],
    'sync = { external = { ack = "results", headers.X-A = "E" } }\n',
  ],
  [
    'as a dotted key',
    'sync.server_url = "x" # c\n',
    [server],
    'sync.server_url = "https://b" # c\n',
  ],
  [
    'beside dotted keys',
    '\tsync.a = 4 # c\n[o]\na=1\n',
    [server],
    '\tsync.a = 4 # c\n\tsync.server_url = "https://b"\n[o]\na=1\n',
  ],
  [
    'beside dotted keys within a table',
    '[sync]\nexternal.ack = "status"\nmode = "OPT_OUT"\n',
    [set('e', 'sync', 'external', 'endpoint')],
    '[sync]\nexternal.ack = "status"\nexternal.endpoint = "e"\nmode = "OPT_OUT"\n',
  ],
  [
    'under quoted keys',
    '["sync"]\n"server_url" = \'x\' # c\n',
    [server],
    '["sync"]\n"server_url" = "https://b" # c\n',
  ],
  [
    'under escaped keys',
    '["s\\u0079nc"]\na = 1\n',
    [server],
    '["s\\u0079nc"]\na = 1\nserver_url = "https://b"\n',
  ],
  [
    'between Windows line ends',
    '[sync]\r\na = 1\r\n\r\n[z]\r\na = 1\r\n',
    [server],
    '[sync]\r\na = 1\r\nserver_url = "https://b"\r\n\r\n[z]\r\na = 1\r\n',
  ],
  ['without a last newline', '[sync]\na = 1', [server], '[sync]\na = 1\nserver_url = "https://b"'],
  [
    'without a last newline, a new table',
    '[o]\na = 1',
    [server],
    '[o]\na = 1\n\n[sync]\nserver_url = "https://b"\n',
  ],
  [
    'after a byte order mark',
    '\ufeff[sync]\na = 1\n',
    [server],
    '\ufeff[sync]\na = 1\nserver_url = "https://b"\n',
  ],
  [
    'after nothing but a byte order mark',
    '\ufeff',
    [server],
    '\ufeff[sync]\nserver_url = "https://b"\n',
  ],
  [
    'with the spacing others chose',
    '  [ sync ]  # x\n\t server_url   =   "x"   # y\n\n\n',
    [server],
    '  [ sync ]  # x\n\t server_url   =   "https://b"   # y\n\n\n',
  ],
  [
    'past texts and lists that look like tables',
    'a = """# [sync]\nserver_url = "no" \\""" """\nb = \'\'\'[sync]\'\'\'\nc = [ "]", # ]\n  "x", { sync = "}" } ]\n[sync]\nd = 1979-05-27 07:32:00 # c\n',
    [server],
    'a = """# [sync]\nserver_url = "no" \\""" """\nb = \'\'\'[sync]\'\'\'\nc = [ "]", # ]\n  "x", { sync = "}" } ]\n[sync]\nd = 1979-05-27 07:32:00 # c\nserver_url = "https://b"\n',
  ],
  [
    'over a text of several lines',
    '[sync]\nserver_url = """\nx\n""" # y\n',
    [server],
    '[sync]\nserver_url = "https://b" # y\n',
  ],
  [
    'beside lists of tables',
    '[[x]]\na=1\n[[x]]\na=2\n',
    [server],
    '[[x]]\na=1\n[[x]]\na=2\n\n[sync]\nserver_url = "https://b"\n',
  ],
  [
    'several at once',
    '[sync]\na = 1\n',
    [
      set('OPT_OUT', 'sync', 'mode'),
      set('allow', 'sync', 'projects', 'unassigned'),
      set(7, 'sync', 'external', 'max_events'),
    ],
    '[sync]\na = 1\nmode = "OPT_OUT"\n\n[sync.projects]\nunassigned = "allow"\n\n[sync.external]\nmax_events = 7\n',
  ],
  [
    'with values of every kind, and keys that need quotes',
    '',
    [set(true, 't', 'a b'), set(['x', 'y"'], 't', 'l'), set('tab\t"\\\u007fé😀\n', 't', '')],
    '[t]\n"a b" = true\nl = ["x", "y\\""]\n"" = "tab\\t\\"\\\\\\u007Fé😀\\n"\n',
  ],
  [
    'that have the value already',
    '[sync]\nserver_url = "https://b"\n',
    [server],
    '[sync]\nserver_url = "https://b"\n',
  ],
];

const REMOVING: Case[] = [
  ['a line', '[sync]\na = 1\nb = 2\n', [remove('sync', 'a')], '[sync]\nb = 2\n'],
  [
    'a line, but not its comment',
    '[sync]\n  a = 1 # why\nb = 2\n',
    [remove('sync', 'a')],
    '[sync]\n  # why\nb = 2\n',
  ],
  ['the last line', '[sync]\na = 1\nb = 2', [remove('sync', 'b')], '[sync]\na = 1\n'],
  [
    'a value of several lines',
    '[sync]\na = [\n 1,\n 2 ]\nb = 2\n',
    [remove('sync', 'a')],
    '[sync]\nb = 2\n',
  ],
  [
    'a table with all below it, and no comment',
    '[sync]\nserver_url = "x"\n\n# about\n[sync.external] # t\nendpoint = "e" # k\nheaders = { A = "B" }\n[sync.external.more]\nA="B"\n# about o\n[o]\na=1\n',
    [remove('sync', 'external')],
    '[sync]\nserver_url = "x"\n\n# about\n# t\n# k\n# about o\n[o]\na=1\n',
  ],
  [
    'dotted keys of a table',
    'sync.external.a = 1\nsync.b = 2\nsync.external.c = 3\n',
    [remove('sync', 'external')],
    'sync.b = 2\n',
  ],
  [
    'items of inline tables: first, middle, last, only',
    'sync = { a = 1, b = 2, c = 3, d = { e = 5 }, f = 6 }\n',
    [remove('sync', 'a'), remove('sync', 'c'), remove('sync', 'd', 'e'), remove('sync', 'f')],
    'sync = { b = 2, d = {} }\n',
  ],
  [
    'what is not there',
    '[sync]\na = 1\n',
    [remove('sync', 'x'), remove('y', 'z')],
    '[sync]\na = 1\n',
  ],
  [
    'and set in one go',
    '[sync.external]\nendpoint = "old"\nauth_env = "OLD" # rotate\n',
    [remove('sync', 'external'), set('new', 'sync', 'external', 'endpoint')],
    '# rotate\n\n[sync.external]\nendpoint = "new"\n',
  ],
];

describe('an edit of TOML', () => {
  for (const [name, before, changes, after] of SETTING) {
    it(`sets keys ${name}`, () => expect(editToml(before, changes)).to.equal(after));
  }

  for (const [name, before, changes, after] of REMOVING) {
    it(`removes ${name}`, () => expect(editToml(before, changes)).to.equal(after));
  }

  for (const before of [
    'sync = 1\n',
    '[[sync]]\na = 1\n',
    '[sync.server_url]\nx = 1\n',
    'sync = ["a"]\n',
  ]) {
    it(`refuses what would not fit: ${JSON.stringify(before)}`, () => {
      expect(() => editToml(before, [server])).to.throw(TomlEditError);
    });
  }

  it('refuses text that is not Unicode', () => {
    expect(() => editToml('', [set('\ud800', 'a', 'b')])).to.throw(RangeError);
  });
});

describe('any edit of any spelling', () => {
  const value = fc.constantFrom(
    '1',
    '-0.5',
    'true',
    '"x # y"',
    "'z'",
    '1979-05-27',
    '"""\n[a]\n"""',
    '[1, # c\n 2]',
    '{ p = 1, q.r = "}" }',
    '{}',
  );
  const comment = fc.constantFrom('', ' # note', '\t# [sync]');
  const indent = fc.constantFrom('', '  ', '\t');
  const blank = fc.constantFrom('', '\n', '# between\n', '\n# a = 1\n\n');
  const line = (key: string) =>
    fc.tuple(blank, indent, value, comment).map(([b, i, v, c]) => `${b}${i}${key} = ${v}${c}\n`);
  const some = (...keys: string[]) =>
    fc.tuple(...keys.map((key) => fc.option(line(key), { nil: '' }))).map((all) => all.join(''));
  const table = (header: string, body: fc.Arbitrary<string>) =>
    fc.option(
      fc
        .tuple(blank, indent, comment, body)
        .map(([b, i, c, rows]) => `${b}${i}[${header}]${c}\n${rows}`),
      { nil: '' },
    );
  const document = fc
    .tuple(
      some('top', '"dotted".x', 'dotted.y.z'),
      table('sync', some('server_url', 'ext.a', 'ext . "b"', 'inline')),
      table(' sync . "proj" ', some('p1', '"p 2"')),
      table('[list]', some('a')),
      table('[list]', some('a')),
      table('list.sub', some('deep')),
      table('other', some('server_url')),
      fc.constantFrom('', '# end', '\n\n'),
    )
    .map((parts) => parts.join(''))
    .chain((text) => fc.constantFrom(text, text.replaceAll('\n', '\r\n'), text.trimEnd()))
    .filter(parses);
  const path = fc.constantFrom(
    ['sync', 'server_url'],
    ['sync', 'mode'],
    ['sync', 'ext', 'a'],
    ['sync', 'ext', 'new'],
    ['sync', 'ext'],
    ['sync', 'inline', 'p'],
    ['sync', 'inline', 'q', 'r'],
    ['sync', 'inline', 'new', 'deep'],
    ['sync', 'proj', 'p1'],
    ['sync', 'proj', 'new one'],
    ['sync', 'proj'],
    ['dotted', 'y', 'w'],
    ['dotted', 'v'],
    ['fresh', 'a.b', 'c'],
  );
  const change = fc.record({ path, value: fc.constantFrom('new', 5, false, undefined) });

  it('means exactly what was asked, keeps every comment, and is refused only where it cannot fit', () => {
    fc.assert(
      fc.property(document, change, (text, asked) => {
        const edited = attempt(text, asked);
        expect(edited !== undefined, 'made').to.equal(fits(parseToml(text), asked));
        if (edited === undefined) return;
        expect(at(parseToml(edited), asked.path)).to.equal(asked.value);
        expect(commentsOf(edited)).to.equal(commentsOf(text));
        for (const kept of untouched(text)) expect(edited).to.contain(kept);
      }),
      { numRuns: 3000 },
    );
  });

  function attempt(text: string, asked: TomlChange): string | undefined {
    try {
      return editToml(text, [asked]);
    } catch (error) {
      if (error instanceof TomlEditError) return undefined;
      throw error;
    }
  }
});

function parses(text: string): boolean {
  try {
    parseToml(text);
    return true;
  } catch {
    return false;
  }
}

function at(table: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (below, part) =>
      typeof below === 'object' && below !== null ? (below as never)[part] : undefined,
    table,
  );
}

/** Everything above the key is a table or nothing, and a value replaces no table that has a header. */
function fits(table: TomlTable, { path, value }: TomlChange): boolean {
  const above = path.slice(0, -1).map((_, index) => at(table, path.slice(0, index + 1)));
  if (above.some((found) => found !== undefined && !isTable(found))) return false;
  return value === undefined || !isTable(at(table, path));
}

const commentsOf = (text: string): number =>
  text.match(/# (?:note|\[sync\]|between|a = 1|end)/g)?.length ?? 0;

/** Lines of the tables no change is ever made to. */
const untouched = (text: string): string[] =>
  text.match(/^[\t ]*\[(?:\[list\]|list\.sub|other)\].*$/gm) ?? [];

describe('many edits at once', () => {
  const many = (count: number, value: string): TomlChange[] =>
    Array.from({ length: count }, (_, n) => set(value, 'sync', 'projects', `p-${n}`));

  it('go over the text a fixed number of times, however many there are', () => {
    const scans = (changes: TomlChange[], text: string): number => {
      let count = 0;
      observeSteps((name) => {
        if (name === 'config.scanned') count += 1;
      });
      try {
        editToml(text, changes);
      } finally {
        observeSteps(undefined);
      }
      return count;
    };
    const text = editToml('# mine\n', many(3_000, 'allow'));
    expect(scans(many(10, 'hold'), text)).to.equal(scans(many(3_000, 'hold'), text));
    expect(scans(many(10, 'allow'), '')).to.equal(scans(many(3_000, 'allow'), ''));
    expect(scans([remove('sync', 'projects')], text)).to.be.at.most(3);
    expect(scans([...many(3_000, 'hold'), ...many(6_000, 'allow')], text)).to.be.at.most(4);
  });

  it('give what the same edits give one after the other', () => {
    const texts = [
      '',
      '[sync]\na = 1 # c\n',
      '[sync.projects]\nb = "x" # keep\nc = "y"\n\n# next\n[other]\nz = 1\n',
      'sync = { projects = { b = "x" } }\n',
      'sync.projects.b = "x"\n[other]\n',
      '[sync]\nprojects.c = "x"\n  projects."d e" = "y"\n',
      '\ufeff[sync]\r\nmode = "OPT_OUT"\r\n[sync.projects]\r\n',
    ];
    const change = fc
      .tuple(
        fc.constantFrom('a', 'b', 'c', 'd e', '__proto__', 'é'),
        fc.constantFrom('allow', 'hold'),
      )
      .map(([name, value]) => set(value, 'sync', 'projects', name));
    const other = fc.constantFrom(set('OPT_OUT', 'sync', 'mode'), remove('sync', 'projects', 'b'));
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.array(fc.oneof({ weight: 4, arbitrary: change }, other), { maxLength: 8 }),
        (text, changes) => {
          const single = changes.reduce((now, one) => editToml(now, [one]), text);
          expect(parseToml(editToml(text, changes))).to.deep.equal(parseToml(single));
        },
      ),
      { numRuns: 500 },
    );
  });
});
