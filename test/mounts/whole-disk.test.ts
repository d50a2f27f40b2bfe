import { expect } from 'chai';
import { Cli } from '../support/cli.js';
import { rounds } from '../support/rounds.js';
import { assertAllThere, Capturing } from './capturing.js';
import { type Mounted, mountExt4, mountTmpfs, needMounts } from './mounted.js';
import { TOGETHER } from './together.js';

const ROUNDS = 20;
/** Of commands on each of three disks: every round starts two processes. */
const COMMAND_ROUNDS = 7;

const DISKS: Readonly<Record<string, () => Mounted>> = {
  'ext4 with blocks of 1 KiB': () => mountExt4(1024),
  'ext4 with blocks of 4 KiB': () => mountExt4(4096),
  'tmpfs of 24 MiB': () => mountTmpfs(),
};

const isCaptured = (kind: string): boolean => kind === 'captured';
const isBad = (kind: string): boolean => kind === 'lost' || kind === 'spooled';

/** Different room each time, so that a different write is the one that meets the end. */
const roomOf = (round: number): number => (round * 7) % 61;

if (rounds(false, true))
  describe('on a real file system,', function () {
    this.timeout(600_000);
    before(needMounts);

    for (const [name, make] of Object.entries(DISKS)) {
      it(`no acknowledged event is lost while ${name} fills up, ${ROUNDS} times`, async () => {
        const disk = make();
        const program = new Capturing(disk.home, { padding: 2_000 });
        await program.hears(10, isCaptured);
        for (let round = 0; round < ROUNDS; round += 1) {
          disk.leaveFree(roomOf(round));
          await program.hears(20, isBad);
          disk.leaveFree(6 * 1024);
          await program.hears(10, isCaptured);
        }
        await program.end();
        expect(program.kinds().filter((kind) => !isCaptured(kind) && !isBad(kind))).to.be.empty;
        await assertAllThere(disk.home, program.acknowledged);
      });

      it(`every event is stored or named while ${name} is read-only, time after time`, async () => {
        const disk = make();
        const cli = new Cli();
        const acknowledged: string[] = [];
        for (let round = 0; round < COMMAND_ROUNDS; round += 1) {
          expect(await capture(cli, disk, `w${round}`)).to.equal(0);
          acknowledged.push(`w${round}`);
          disk.remount('ro');
          expect(await capture(cli, disk, `r${round}`)).to.equal(9);
          disk.remount('rw');
        }
        await assertAllThere(disk.home, acknowledged);
      });
    }

    for (const blockSize of [1024, 4096] as const) {
      it(`nor when ext4 with blocks of ${blockSize} bytes becomes read-only by an error, ${ROUNDS} times`, () =>
        stopsUnderTheProgram(blockSize, (disk) => disk.failToReadOnly()));

      it(`nor when the power of ext4 with blocks of ${blockSize} bytes is cut, ${ROUNDS} times`, () =>
        stopsUnderTheProgram(blockSize, (disk) => disk.cutPower()));
    }
  });

/** Ends the disk under a running program, again and again, and reads what a new machine finds. */
async function stopsUnderTheProgram(
  blockSize: 1024 | 4096,
  stop: (disk: Mounted) => void,
): Promise<void> {
  const disk = mountExt4(blockSize, 48);
  const acknowledged: string[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const program = new Capturing(disk.home, { prefix: `r${round}-` });
    await program.hears(5 + round * 3, isCaptured);
    stop(disk);
    await program.hears(3, (kind) => kind === 'lost');
    await program.end('SIGKILL');
    acknowledged.push(...beforeTheLast(program.acknowledged));
    disk.mountAgain();
    await assertAllThere(disk.home, acknowledged);
  }
}

/**
 * Without the last group. Of an fsync that is under way at this very moment the
 * kernel says that it succeeded, and has not written it: measured with a loop
 * of `pwrite` and `fsync` alone, 2 of 20 times.
 */
const beforeTheLast = (ids: readonly string[]): readonly string[] => ids.slice(0, -TOGETHER);

/** The exit code of one command; a lost event is named with the reason. */
async function capture(cli: Cli, { home }: Mounted, id: string): Promise<number | null> {
  const stdin = `{"event_id":"${id}","event_type":"T"}`;
  const { code, stderr } = await cli.startBare(['capture', '--home', home], { stdin }).exited;
  if (code === 9) expect(stderr).to.match(new RegExp(`${id}.*read-only`));
  return code;
}
