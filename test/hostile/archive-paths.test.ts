import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import {
  ArchiveDamagedError,
  locateManifest,
  manifestName,
  UnknownArchiveError,
} from '../../src/retention/archive-manifest.js';
import { archiveEvents } from '../../src/retention/archiving.js';
import { restoreArchive } from '../../src/retention/restoring.js';
import {
  EVEN_UNDELIVERED,
  givenDeliveredOnSqlite,
  NO_CONTROL,
  retained,
  type SqliteKeeping,
} from '../retention/given-journal.js';
import { newEvents } from '../support/events.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { rounds } from '../support/rounds.js';

interface Kept {
  readonly keeping: SqliteKeeping;
  readonly id: string;
  readonly manifest: string;
  readonly data: string;
  /** A directory beside redrain's own, and a file in it that is nobody's business. */
  readonly outside: string;
  readonly foreign: string;
}

const archived = ({ retention, directory }: SqliteKeeping) =>
  archiveEvents({
    retention,
    directory,
    scope: EVEN_UNDELIVERED,
    now: 1_795_358_210_123,
    control: NO_CONTROL,
  });

async function givenArchive(): Promise<Kept> {
  const keeping = await givenDeliveredOnSqlite(3);
  const [{ id, file } = { id: '', file: '' }] = (await archived(keeping)).archives;
  expect(await retained(keeping)).to.deep.equal([]);
  const outside = join(keeping.home, 'outside');
  mkdirSync(outside);
  const foreign = join(outside, 'foreign');
  writeFileSync(foreign, 'nobody reads, writes or removes this');
  const { directory } = keeping;
  return {
    keeping,
    id,
    manifest: directory.pathOf(manifestName(id)),
    data: directory.pathOf(file),
    outside,
    foreign,
  };
}

function restored({ keeping, id }: Kept) {
  const path = locateManifest(keeping.directory.path, id);
  return restoreArchive(keeping.restoring, path, {
    now: 9_000,
    dryRun: false,
    control: NO_CONTROL,
  });
}

function rewrite({ manifest }: Kept, change: object): void {
  const before = JSON.parse(readFileSync(manifest, 'utf8')) as object;
  writeFileSync(manifest, JSON.stringify({ ...before, ...change }));
}

async function expectRefused(kept: Kept, says?: RegExp): Promise<void> {
  const error = await restored(kept).catch((thrown: unknown) => thrown);
  expect(error).to.be.instanceOf(ArchiveDamagedError);
  if (says !== undefined) expect((error as Error).message).to.match(says);
  expect(await retained(kept.keeping), 'nothing came back').to.deep.equal([]);
  expect(readFileSync(kept.foreign, 'utf8')).to.equal('nobody reads, writes or removes this');
  assertLedgerInvariant(kept.keeping);
}

/** Makes this the data file, digest and size of the manifest to match. */
function replaceData(kept: Kept, bytes: Buffer, change: object = {}): void {
  writeFileSync(kept.data, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  rewrite(kept, { sha256, size: bytes.length, ...change });
}

describe('a manifest', () => {
  const FILES = [
    '../../outside/foreign',
    '/etc/passwd',
    '',
    '.',
    '..',
    'x\0',
    'foreign',
    '../archive/x',
    7,
    null,
    ['x'],
  ];
  for (const file of rounds(FILES.slice(0, 2), FILES))
    it(`that names ${JSON.stringify(file)} is none`, async () => {
      const kept = await givenArchive();
      rewrite(kept, { file });
      await expectRefused(kept, /not a manifest of an archive/);
    });

  it('cannot name the data of another archive', async () => {
    const kept = await givenArchive();
    await kept.keeping.journal.append(newEvents(2, 'later'), 'capture');
    const [other] = (await archived(kept.keeping)).archives;
    rewrite(kept, { file: other?.file });
    await expectRefused(kept);
    const theirs = readFileSync(kept.keeping.directory.pathOf(other?.file ?? ''));
    replaceData(kept, theirs, { file: kept.data.split('/').at(-1) });
    await expectRefused(kept, /not one of its manifest/);
  });

  it('of wrong types, or no JSON, is none', async () => {
    const changes: readonly object[] = [
      { events: '3' },
      { events: -1 },
      { payload_bytes: null },
      { size: 1.5 },
      { seqs: 7 },
      { seqs: [['1', '3']] },
      { redacted: ['x'] },
      { sha256: 7 },
      { id: 'archive-20260101T000000000Z-1-0a1b2c3d' },
      { format: 'redrain-archive-2' },
    ];
    const kept = await givenArchive();
    const good = readFileSync(kept.manifest);
    for (const change of changes) {
      writeFileSync(kept.manifest, good);
      rewrite(kept, change);
      await expectRefused(kept);
    }
    for (const text of ['', '[]', 'null', '{"format":', '\ufeff', '['.repeat(200_000)]) {
      writeFileSync(kept.manifest, text);
      await expectRefused(kept);
    }
    writeFileSync(kept.manifest, good);
    expect(await restored(kept)).to.include({ restored: 3 });
  });

  it('is looked for nowhere but beside a name that an archive can have', () => {
    for (const wanted of [
      '../../etc/passwd',
      '/etc/passwd',
      '',
      '..',
      'x\0',
      'archive-1',
      '.manifest.json',
    ])
      expect(() => locateManifest('/home/archive', wanted), wanted).to.throw(UnknownArchiveError);
  });
});

describe('the data file of an archive', () => {
  it('is not a link, even to the very same bytes', async () => {
    const kept = await givenArchive();
    const copy = join(kept.outside, 'copy.gz');
    renameSync(kept.data, copy);
    symlinkSync(copy, kept.data);
    await expectRefused(kept, /a link or no file/);
    expect(existsSync(copy)).to.equal(true);
    for (const target of ['/dev/zero', '/nonexistent/redrain', kept.outside]) {
      rmSync(kept.data);
      symlinkSync(target, kept.data);
      await expectRefused(kept, /a link or no file/);
    }
    rmSync(kept.data);
    copyFileSync(copy, kept.data);
    expect(await restored(kept)).to.include({ restored: 3 });
  });

  it('does not unpack to more than its manifest counts', async () => {
    const kept = await givenArchive();
    const zeros = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20));
    replaceData(kept, Buffer.concat(Array<Buffer>(16).fill(zeros)));
    await expectRefused(kept, /unpacks to more than its manifest says/);
  });

  it('is refused when it is cut short, no gzip, or holds other lines', async () => {
    const kept = await givenArchive();
    const whole = readFileSync(kept.data);
    const line = (value: unknown): Buffer => gzipSync(`${JSON.stringify(value)}\n`);
    const record = { seq: 1, event_id: '../../outside/foreign', sha256: 'x', bytes: 'aGk=' };
    for (const bytes of [
      whole.subarray(0, whole.length - 4),
      Buffer.from('not gzip'),
      Buffer.alloc(0),
      gzipSync(''),
      line(record),
      line({ ...record, seq: '1' }),
      line({ ...record, bytes: 7 }),
      line([]),
      gzipSync('null\n'),
    ]) {
      replaceData(kept, bytes);
      const error = await restored(kept).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(Error);
      expect(await retained(kept.keeping)).to.deep.equal([]);
    }
  });
});

describe('links that wait in the archive directory', () => {
  it('are neither followed nor their targets removed when an archive is written', async () => {
    const kept = await givenArchive();
    const { directory, journal } = kept.keeping;
    const old = 'archive-20200101T000000000Z-1-0a1b2c3d';
    const names = [`${old}.jsonl.gz`, `${old}.jsonl.gz.tmp`, `${old}.manifest.json.tmp`];
    for (const name of names) symlinkSync(kept.foreign, directory.pathOf(name));
    symlinkSync(kept.foreign, directory.pathOf('unknown'));
    await journal.append(newEvents(2, 'more'), 'capture');
    expect((await archived(kept.keeping)).events).to.equal(2);
    expect(readFileSync(kept.foreign, 'utf8')).to.equal('nobody reads, writes or removes this');
    expect(lstatSync(directory.pathOf('unknown')).isSymbolicLink()).to.equal(true);
    expect(readdirSync(kept.outside)).to.deep.equal(['foreign']);
  });
});
