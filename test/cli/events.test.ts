import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import type { EventsReport } from '../../src/app/events.js';
import { resolveHome } from '../../src/config/home.js';
import { openRedrain } from '../../src/index.js';
import { captured, envelopes, sendTo } from '../processes/given-events.js';
import { sha256 } from '../processes/journal-rows.js';
import { type Cli } from '../support/cli.js';
import { newEvent } from '../support/events.js';
import { WarmCli } from '../support/warm-cli.js';

/** What an export keeps, in the order of capture. */
function facts(cli: Cli): unknown[] {
  const db = new Database(resolveHome({ home: cli.home, env: {} }).journalDb, { readonly: true });
  try {
    return db
      .prepare(
        `SELECT event_id, event_type, hex(e.sha256), carries_id, undeliverable, hex(bytes)
        FROM event e JOIN payload USING (seq) ORDER BY seq`,
      )
      .all();
  } finally {
    db.close();
  }
}

describe('redrain events', () => {
  it('lists the newest that match, and exports all of them with their bytes unchanged', async () => {
    const cli = new WarmCli();
    const lines = envelopes(60);
    await captured(cli, lines);
    sendTo(cli, 'stub:a');
    expect((await cli.run(['now', '--limit', '2'])).code).to.equal(0);

    const listed = (await cli.run(['events', '--json'])).json<EventsReport>();
    expect(listed).to.include({ target_id: 1, target_url: 'stub:a' });
    expect(listed.events).to.have.length(50);
    expect(listed.events[0]).to.include({ event_id: 'e-0060', state: 'unsent', class: 'live' });
    const text = (await cli.run(['events', '--state', 'delivered'])).stdout;
    expect(text).to.match(/e-0002.*delivered\n.*e-0001.*delivered/);

    const exported = await cli.run(['events', '--export']);
    expect(exported).to.include({ code: 0, stderr: '60 events exported\n' });
    expect(exported.stdout).to.equal(lines.map((line) => `${line}\n`).join(''));
    const some = await cli.run(['events', '--export', '--state', 'unsent', '--limit', '3']);
    expect(some.stdout).to.equal(
      lines
        .slice(2, 5)
        .map((line) => `${line}\n`)
        .join(''),
    );
  });

  it('exports in base64 what cannot be a line, and says so', async () => {
    const cli = new WarmCli();
    const pretty = '{\n  "event_id": "p",\r\n  "event_type": "T"\n}';
    const plain = '{"event_id":"q","event_type":"T"}';
    const files = [cli.file('one.json', [pretty]), cli.file('two.json', [plain])];
    expect((await cli.run(['capture', ...files])).code).to.equal(0);
    const run = await cli.run(['events', '--export']);
    const [first = '', second, end] = run.stdout.split('\n');
    const wrapped = JSON.parse(first) as Record<string, string>;
    const bytes = Buffer.from(wrapped.payload_base64 ?? '', 'base64');
    expect(wrapped).to.include({ event_id: 'p', event_type: 'T', sha256: sha256(bytes) });
    expect(bytes.toString()).to.equal(pretty);
    expect([second, end]).to.deep.equal([plain, '']);
    expect(run.stderr).to.match(
      /2 events exported[\s\S]*1 event with id and type beside the payload/,
    );
  });

  it('exports what another home captures as the same events', async () => {
    const [cli, other] = [new WarmCli(), new WarmCli()];
    const keyed = cli.file('keyed.json', ['{"kind":"A","key":"k-1"}']);
    const byFields = ['--id-field', 'key', '--type-field', 'kind'];
    expect((await cli.run(['capture', keyed, ...byFields])).code).to.equal(0);
    const bare = cli.file('bare.json', ['{"no":"id"}']);
    expect((await cli.run(['capture', bare, '--type', 'Given'])).code).to.equal(0);
    const redrain = await openRedrain({ home: cli.home, env: {} });
    await redrain.capture(Buffer.from(' {"event_id":"blank","event_type":"T"} '));
    await redrain.capture(Buffer.from('{\n"event_id":"pretty","event_type":"T"}'));
    await redrain.close();
    const app = new App({ home: cli.home });
    const hostile = [Buffer.from([0xff, 0, 10]), Buffer.from('{"event_id":"h","x":NaN}')];
    await (await app.stores()).journal.append(
      hostile.map((bytes, i) =>
        newEvent(`h-${i}\u001b[31m`, { bytes, undeliverable: 'odd', carriesId: false }),
      ),
      'import',
    );
    await app.close();

    const file = join(cli.cwd, 'export.jsonl');
    const run = await cli.run(['events', '--export', file]);
    expect(run, run.stderr).to.include({ code: 0, stdout: '' });
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(readFileSync(file, 'utf8')).to.equal(
      (await cli.run(['events', '--export', '-'])).stdout,
    );
    const again = await other.run(['capture', file, '--json']);
    expect(again.json(), again.stderr).to.include({ captured: 6 });
    expect(facts(other)).to.deep.equal(facts(cli));
    expect((await other.run(['verify'])).code).to.equal(0);
    expect((await other.run(['capture', file, '--json'])).json()).to.include({ duplicates: 6 });
  });

  it('leaves no half export behind, and no file in place of a device', async () => {
    const cli = new WarmCli();
    await captured(cli, envelopes(2));
    const nowhere = await cli.run(['events', '--export', join(cli.cwd, 'no/where.jsonl')]);
    expect(nowhere.code).to.equal(1);
    expect(nowhere.stderr).to.match(/no\/where.*does not exist/);
    expect(nowhere.stderr).not.to.match(/not expected/);
    expect((await cli.run(['events', '--export', '/dev/full'])).stderr).to.match(
      /the disk is full/,
    );
    expect(statSync('/dev/full').isCharacterDevice()).to.equal(true);
    expect(readdirSync(cli.cwd).filter((name) => name.includes('tmp'))).to.deep.equal([]);
  });

  it('leaves out what was replaced, so that its content in force is the one captured', async () => {
    const cli = new WarmCli();
    await captured(cli, ['{"event_id":"a","event_type":"T","n":1}']);
    const second = cli.file('second.jsonl', ['{"event_id":"a","event_type":"T","n":2}']);
    expect((await cli.run(['capture', second])).code).to.equal(5);
    await cli.run(['conflicts', 'resolve', 'a', '--keep', 'incoming', '--yes']);
    const run = await cli.run(['events', '--export']);
    expect(run.stdout).to.equal('{"event_id":"a","event_type":"T","n":2}\n');
    expect(run.stderr).to.match(/1 event left out: another content took its place/);
    const old = await cli.run(['events', '--export', '--state', 'replaced']);
    expect(old.stdout).to.include('"n":1');
  });

  it('says what is wrong with a time, a state or a target', async () => {
    const cli = new WarmCli();
    await captured(cli, envelopes(1));
    const refusals: [string, RegExp][] = [
      [
        'events --since tomorrow',
        /cannot read --since "tomorrow"; use 2h, 3d, yesterday, 2026-11-22/,
      ],
      ['events --until 2026-99-99', /cannot read --until "2026-99-99"/],
      ['events --state gone', /--state.*Allowed choices/],
      ['events --target 9', /no target 9.*redrain targets/],
      ['events --target nonsense', /no target nonsense/],
      ['retry', /event ids.*--all/],
      ['replay', /name what to replay/],
      ['replay --target 9', /no target 9/],
      ['retry --event nobody', /no event nobody/],
      ['diff 1', /missing required argument 'B'/],
      ['diff 1 2', /no target 1/],
      ['targets ack 9', /no target 9/],
      ['targets label 1', /missing required argument 'text'/],
    ];
    for (const [args, says] of refusals) {
      const run = await cli.run(args.split(' '));
      expect(run.code, `${args}: ${run.stderr}`).to.equal(64);
      expect(run.stderr.replaceAll('\n', ' '), args).to.match(says);
      expect(run.stdout, args).to.equal('');
    }
  });
});
