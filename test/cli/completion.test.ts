import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { programTree } from '../../src/cli/completion/program-tree.js';
import { splitLine } from '../../src/cli/completion/split-line.js';
import { TableRows } from '../../src/cli/completion/table-rows.js';
import type { CommandNode } from '../../src/cli/completion/tree.js';
import { resolveHome } from '../../src/config/home.js';
import { openRedrain } from '../../src/index.js';
import { captured } from '../processes/given-events.js';
import { type Cli, MAIN } from '../support/cli.js';
import { loadedFiles } from '../support/loaded-files.js';
import { temporaryHome } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';

/** What is offered behind `redrain …`, without descriptions. */
async function offered(cli: Cli, ...words: string[]): Promise<string[]> {
  const env = { REDRAIN_HOME: cli.home };
  const run = await cli.startBare(['__complete', 'zsh', ...words], { env }).exited;
  expect(run, run.stderr).to.include({ code: 0, stderr: '' });
  return run.stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t')[0] ?? '');
}

const journalOf = (cli: Cli): string => resolveHome({ home: cli.home, env: {} }).journalDb;

/** Two declared targets, one that only the journal has, and types and projects of all sorts. */
async function givenHome(): Promise<Cli> {
  const cli = new WarmCli();
  const types = ['OrderPlaced', 'Order Lost', '$(touch x)', "it's", 'a\u001b[31m'];
  await captured(cli, [
    ...types.map((event_type, i) => ({ event_id: `e${i}`, event_type })),
    { event_id: 'p', event_type: 'OrderPlaced', project_uuid: 'acme' },
  ]);
  for (const name of ['billing', 'search'])
    expect((await cli.run(['targets', 'add', name, `stub:${name}`])).code).to.equal(0);
  expect((await cli.run(['now', '--all'])).code).to.equal(0);
  return cli;
}

describe('completion', () => {
  it('offers commands, options, choices and the names of the home', async () => {
    const cli = await givenHome();
    expect(await offered(cli, 'tar')).to.deep.equal(['targets', ':none']);
    expect(await offered(cli, '')).to.include.members(['capture', 'now', 'completion']);
    expect(await offered(cli, 'targets', '')).to.include.members(['list', 'add', 'show']);
    expect(await offered(cli, 'now', '--dr')).to.deep.equal(['--dry-run', ':none']);
    expect(await offered(cli, 'now', '--')).to.include.members(['--to', '--json', '--home']);
    expect(await offered(cli, 'now', '--limit', '1', '--l')).to.deep.equal([':none']);
    expect(await offered(cli, 'events', '--state', 're')).to.include.members(['rejected']);
    expect(await offered(cli, 'events', '--state=rej')).to.deep.equal([
      '--state=rejected',
      ':none',
    ]);
    for (const words of [
      ['now', '--to', ''],
      ['now', '--to', 'billing', '--to', ''],
      ['use', ''],
      ['diff', 'billing', ''],
      ['targets', 'show', ''],
    ])
      expect(await offered(cli, ...words), words.join(' ')).to.deep.equal([
        'billing',
        'search',
        ':none',
      ]);
    expect(await offered(cli, 'events', '--type', 'Order')).to.deep.equal([
      'Order Lost',
      'OrderPlaced',
      ':none',
    ]);
    expect(await offered(cli, 'events', '--project', '')).to.deep.equal(['acme', ':none']);
    expect(await offered(cli, 'config', 'get', 'capture.')).to.include.members([
      'capture.max_event_bytes',
      'capture.busy_timeout_ms',
      ':none',
    ]);
    expect(await offered(cli, 'targets', 'set', 'billing', 'max_')).to.deep.equal([
      'max_events=',
      'max_bytes=',
      ':none',
    ]);
    expect(await offered(cli, 'capture', '')).to.deep.equal([':files']);
    expect(await offered(cli, '--home', '')).to.deep.equal([':directories']);
    expect(await offered(cli, 'enqueue', '')).to.include.members(['capture', 'dispatch', 'gc']);
    expect(await offered(cli, 'nonsense', '--', '')).to.deep.equal([':none']);
  });

  it('offers the commands of Spec Kitty only in a home of theirs', async () => {
    const cli = await givenHome();
    expect(await offered(cli, 'log')).to.deep.equal([':none']);
    cli.configure('[sync]\nserver_url = "https://a.example"\n');
    expect(await offered(cli, 'log')).to.include.members(['login', 'logout']);
  });

  it('reads the home that the line names', async () => {
    const cli = await givenHome();
    const other = new WarmCli();
    expect(await offered(other, '--home', cli.home, 'use', 'b')).to.deep.equal([
      'billing',
      ':none',
    ]);
    expect(await offered(other, `--home=${cli.home}`, 'use', 'b')).to.deep.equal([
      'billing',
      ':none',
    ]);
  });

  it('sees what a running program has written, and takes no lock', async () => {
    const cli = new WarmCli();
    const redrain = await openRedrain({ home: cli.home, env: {} });
    try {
      await redrain.capture({ event_id: 'a', event_type: 'JustNow' });
      expect(await offered(cli, 'events', '--type', '')).to.deep.equal(['JustNow', ':none']);
    } finally {
      await redrain.close();
    }
    const db = new Database(journalOf(cli));
    db.pragma('locking_mode = EXCLUSIVE');
    db.exec('BEGIN EXCLUSIVE');
    expect(await offered(cli, 'events', '--type', '')).to.deep.equal(['JustNow', ':none']);
    db.exec('ROLLBACK');
    db.close();
  });

  it('makes nothing and says nothing, whatever the home is like', async () => {
    const cli = await givenHome();
    const files = () => readdirSync(cli.home, { recursive: true }).sort();
    const before = files();
    expect(before).to.not.include(basename(`${journalOf(cli)}-shm`));
    await offered(cli, 'now', '--to', '');
    await offered(cli, 'events', '--type', '');
    expect(files()).to.deep.equal(before);

    const none = new WarmCli();
    expect(await offered(none, 'now', '--to', '')).to.deep.equal([':none']);
    expect(readdirSync(none.root)).to.not.include('home');
    for (const spoil of [
      () => cli.configure('[redrain\n\0'),
      () => writeFileSync(journalOf(cli), Buffer.alloc(9_000, 'SQLite format 3\0')),
      () => rmSync(journalOf(cli)),
      () => mkdirSync(journalOf(cli)),
    ]) {
      spoil();
      expect(await offered(cli, 'events', '--type', ''), String(spoil)).to.include(':none');
      expect(await offered(cli, 'now', '--to', ''), String(spoil)).to.include(':none');
    }
  });

  it('opens no database and loads no package', async () => {
    const cli = await givenHome();
    const words = ['__complete', 'zsh', 'targets', 'show', '', '--home', cli.home];
    const { own, ofPackages } = await loadedFiles(cli, words);
    expect(ofPackages).to.deep.equal([]);
    expect(own.length).to.be.within(2, 10);
  });

  it('knows the whole program: what is bundled is what is declared', async () => {
    const tree = await programTree();
    const cli = new WarmCli();
    const all = (node: CommandNode): CommandNode[] => [node, ...node.commands.flatMap(all)];
    expect(all(tree).length).to.be.greaterThan(60);
    const shown = await offered(cli, '');
    const neutral = tree.commands.filter(({ group }) => group !== 'Spec Kitty');
    expect(shown).to.include.members(neutral.map(({ name }) => name));
    for (const { name, examples } of all(tree).slice(1))
      if (name !== 'help') expect(examples, name).to.have.length(1);
  });
});

describe('rows of a database that is read without SQLite', () => {
  it('are those that SQLite reads, long ones and those of many pages included', () => {
    const file = join(temporaryHome(), 'a.db');
    for (const pageSize of [512, 4096, 65_536]) {
      rmSync(file, { force: true });
      const db = new Database(file);
      db.pragma(`page_size = ${pageSize}`);
      db.exec(
        'CREATE TABLE one ("id" integer PRIMARY KEY, "n" real DEFAULT (1), "name" text, b blob)',
      );
      db.exec('CREATE TABLE "two" (name text)');
      const insert = db.prepare('INSERT INTO one (name, b, n) VALUES (?, ?, ?)');
      const names = Array.from({ length: 3_000 }, (_, i) => `${'é'.repeat(i % 700)}${i}`);
      db.transaction(() => {
        for (const [i, name] of names.entries()) insert.run(name, Buffer.alloc(i % 30), i / 2);
      })();
      db.prepare('INSERT INTO one (name) VALUES (NULL)').run();
      const wal = pageSize === 4096 ? db.pragma('journal_mode = wal') : undefined;
      if (wal !== undefined) db.prepare("INSERT INTO one (name) VALUES ('in the log')").run();
      const expected = db.prepare('SELECT name FROM one ORDER BY id').pluck().all();
      const rows = new TableRows(file);
      expect([...rows.of('one', ['name'])].flat()).to.deep.equal(expected);
      expect([...rows.of('two', ['name'])]).to.deep.equal([]);
      expect([...rows.of('three', ['name'])]).to.deep.equal([]);
      rows.close();
      db.close();
    }
  });
});

describe('a line as bash has it', () => {
  it('is split as a shell would', () => {
    const words = (line: string) => splitLine(line);
    expect(words('redrain now --to ')).to.deep.equal(['redrain', 'now', '--to', '']);
    expect(words('redrain  now')).to.deep.equal(['redrain', 'now']);
    expect(words('a "b c')).to.deep.equal(['a', 'b c']);
    expect(words('a \'b\\\' "c\\"d"e\\ f g\\')).to.deep.equal(['a', 'b\\', 'c"de f', 'g']);
    expect(words('')).to.deep.equal(['']);
  });
});

/** Somewhere on the PATH, as `redrain`. */
function shellEnvironment(cli: Cli): Record<string, string> {
  const bin = join(cli.root, 'bin');
  mkdirSync(bin, { recursive: true });
  const shim = join(bin, 'redrain');
  writeFileSync(shim, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
  chmodSync(shim, 0o755);
  return { ...cli.env, PATH: `${bin}:${process.env.PATH}`, REDRAIN_HOME: cli.home, TERM: 'dumb' };
}

const isThere = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0;

/** Runs only where the shell is installed, and says so where it is not. */
function withShell(
  shell: string,
  title: string,
  work: (cli: Cli, env: Record<string, string>) => void,
) {
  it(title, async function () {
    if (!isThere(shell)) {
      process.stderr.write(`SKIPPED: ${shell} is not installed, so its completion is not tested\n`);
      this.skip();
    }
    const cli = await givenHome();
    work(cli, shellEnvironment(cli));
  });
}

describe('completion in the shells', () => {
  withShell('bash', 'bash inserts words as they are, quoted where it must', (cli, env) => {
    const typed = (line: string): string[] => {
      // What readline does: words are cut at blanks, = and :.
      const words: string[] = line.match(/[=:]|[^\s=:]+/g) ?? [];
      if (/\s$/.test(line)) words.push('');
      const script = `source <(redrain completion bash)
        complete -p redrain >/dev/null || exit 9
        compopt() { :; }
        COMP_LINE=$1; COMP_POINT=\${#1}; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        _redrain redrain; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const args = ['--noprofile', '--norc', '-c', script, 'bash', line, ...words];
      return execFileSync('bash', args, { env, cwd: cli.cwd, encoding: 'utf8' })
        .trimEnd()
        .split('\n');
    };
    expect(typed('redrain targets sh')).to.deep.equal(['show']);
    expect(typed('redrain now --to b')).to.deep.equal(['billing']);
    expect(typed('redrain events --state=rej')).to.deep.equal(['rejected']);
    expect(typed('redrain events --state=')).to.include.members(['rejected', 'held']);
    expect(typed('redrain events --type ')).to.deep.equal([
      '\\$\\(touch\\ x\\)',
      'Order\\ Lost',
      'OrderPlaced',
      "it\\'s",
    ]);
    cli.file('events.jsonl', ['{}']);
    expect(typed('redrain capture ev')).to.deep.equal(['events.jsonl']);
    expect(readdirSync(cli.cwd)).to.deep.equal(['events.jsonl']);
  });

  withShell('fish', 'fish offers them with descriptions', (cli, env) => {
    const typed = (line: string): string[] =>
      execFileSync(
        'fish',
        ['--no-config', '-c', 'redrain completion fish | source; complete -C $argv[1]', line],
        { env, cwd: cli.cwd, encoding: 'utf8' },
      )
        .trimEnd()
        .split('\n');
    expect(typed('redrain targets sh')).to.deep.equal(['show\teverything about one target']);
    expect(typed('redrain now --to b')).to.deep.equal(['billing']);
    expect(typed('redrain events --type Order').map((one) => one.split('\t')[0])).to.have.members([
      'Order Lost',
      'OrderPlaced',
    ]);
    cli.file('events.jsonl', ['{}']);
    expect(typed('redrain capture ev').join()).to.include('events.jsonl');
  });

  withShell('zsh', 'zsh completes what is typed', (cli, env) => {
    cpSync(MAIN, join(cli.cwd, 'seen.js'));
    const typed = (line: string): string => {
      const script = `zmodload zsh/zpty
        zpty z zsh -f -i
        zpty -w z 'PROMPT=; autoload -U compinit; compinit -D -u; source <(redrain completion zsh); bindkey "^I" complete-word; show() { zle -I; print -r -- "BUF""=$BUFFER=END" }; zle -N show; bindkey "^X" show; print REA""DY'
        while zpty -r z out; do [[ $out == *READY* ]] && break; done
        zpty -n -w z "$1"$'\\t\\C-x'
        while zpty -r z out; do [[ $out == *BUF=* ]] && break; done
        print -r -- "$out"; zpty -d z`;
      return execFileSync('zsh', ['-f', '-c', script, 'zsh', line], {
        env,
        cwd: cli.cwd,
        encoding: 'utf8',
        timeout: 60_000,
      });
    };
    expect(typed('redrain targets sh')).to.match(/redrain targets show /);
    expect(typed('redrain now --to b')).to.match(/--to billing/);
    expect(typed('redrain events --type OrderP')).to.match(/--type OrderPlaced/);
    expect(typed('redrain events --type it')).to.match(/--type it\\'s/);
    expect(typed('redrain capture see')).to.match(/capture seen\.js/);
  });
});
