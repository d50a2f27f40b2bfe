import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  assertLocalFilesystem,
  type FilesystemProbe,
  mountOf,
  NetworkHomeError,
  parseMountCommand,
  parseMountInfo,
} from '../../src/files/local-filesystem.js';
import { temporaryHome } from '../support/temporary-home.js';

const EXT4 = 0xef53;
const FUSE = 0x65735546;
const PLAN9 = 0x01021997;

const mountInfo = (type: string, options = 'rw') =>
  parseMountInfo(`27 1 8:1 / / rw,relatime shared:1 - ${type} device ${options}\n`);

const linux = (typeNumber: number, mounts = mountInfo('ext4')): FilesystemProbe => ({
  platform: 'linux',
  typeOf: () => typeNumber,
  mounts: () => mounts,
});

const check =
  (probe: FilesystemProbe, home = temporaryHome()) =>
  () =>
    assertLocalFilesystem(home, probe);

describe('a home on Linux', () => {
  it('is refused on every network file system, with the reason and the way out', () => {
    for (const type of [
      0x6969,
      0x517b,
      0xfe534d42,
      0xff534d42 | 0,
      0x5346414f,
      0x00c36400,
      0x0bd00bd0,
    ]) {
      expect(check(linux(type))).to.throw(NetworkHomeError, /network file system.*--unsafe-home/);
    }
  });

  it('is accepted on a local one, and the mount table is not even read', () => {
    const probe = linux(EXT4);
    expect(check({ ...probe, mounts: () => expect.fail('read the mounts') })).not.to.throw();
  });

  it('is judged by the driver on FUSE', () => {
    for (const type of [
      'fuse.sshfs',
      'fuse.rclone',
      'fuse.s3fs',
      'fuse.glusterfs',
      'fuse.gcsfuse',
    ]) {
      expect(check(linux(FUSE, mountInfo(type))), type).to.throw(NetworkHomeError, type);
    }
    for (const type of [
      'fuse.gocryptfs',
      'fuse.mergerfs',
      'fuseblk',
      'fuse.fuse-overlayfs',
      'fuse',
    ]) {
      expect(check(linux(FUSE, mountInfo(type))), type).not.to.throw();
    }
  });

  it('is judged by the transport on 9p', () => {
    expect(check(linux(PLAN9, mountInfo('9p', 'rw,trans=tcp,port=564')))).to.throw(
      NetworkHomeError,
    );
    expect(
      check(linux(PLAN9, mountInfo('9p', 'rw,aname=drvfs;path=C:\\;uid=1000,trans=fd'))),
    ).to.throw(NetworkHomeError);
    expect(check(linux(PLAN9, mountInfo('9p', 'rw,trans=virtio')))).not.to.throw();
    expect(check(linux(PLAN9, mountInfo('9p', 'rw,trans=fd,rfdno=4')))).not.to.throw();
  });

  it('is judged by its nearest existing ancestor when it does not exist', () => {
    const parent = temporaryHome();
    const asked: string[] = [];
    const probe = { ...linux(0x6969), typeOf: (path: string) => asked.push(path) && 0x6969 };
    expect(check(probe, join(parent, 'not', 'yet'))).to.throw(NetworkHomeError, parent);
    expect(asked).to.deep.equal([parent]);
  });

  it('is judged by where its redrain directory really is', () => {
    const [home, elsewhere] = [temporaryHome(), temporaryHome()];
    symlinkSync(elsewhere, join(home, 'redrain'));
    const probe = {
      ...linux(EXT4),
      typeOf: (path: string) => (path === elsewhere ? 0x6969 : EXT4),
    };
    expect(check(probe, home)).to.throw(NetworkHomeError, elsewhere);
  });

  it('is taken for local when the system gives no answer', () => {
    const mute = (): never => {
      throw new Error('no answer');
    };
    expect(check({ ...linux(EXT4), typeOf: mute })).not.to.throw();
    expect(check({ ...linux(FUSE), mounts: mute })).not.to.throw();
  });

  it('is accepted in the temporary directory of this machine', () => {
    expect(() => assertLocalFilesystem(temporaryHome())).not.to.throw();
  });
});

describe('a home elsewhere', () => {
  const mac = (line: string): FilesystemProbe => ({
    platform: 'darwin',
    typeOf: () => expect.fail('macOS has no type numbers'),
    mounts: () => parseMountCommand(`/dev/disk1s1 on / (apfs, local, journaled)\n${line}\n`),
  });

  it('follows the mount table on macOS', () => {
    const home = temporaryHome();
    expect(check(mac(`//ada@nas/share on ${home} (smbfs, nodev)`), home)).to.throw(
      NetworkHomeError,
      'smbfs',
    );
    expect(check(mac(`nas:/export on ${home} (nfs)`), home)).to.throw(NetworkHomeError, 'nfs');
    expect(check(mac(`//ada@nas/share on ${home}-other (smbfs)`), home)).not.to.throw();
    expect(check(mac(''), home)).not.to.throw();
  });

  it('follows the shape of the path on Windows', () => {
    const windows = { ...mac(''), platform: 'win32' } as const;
    expect(check(windows, '\\\\server\\share\\home')).to.throw(NetworkHomeError, 'network share');
    expect(check(windows, 'C:\\Users\\ada')).not.to.throw();
    expect(check(windows, '\\\\?\\C:\\Users\\ada')).not.to.throw();
  });
});

describe('the mount table', () => {
  it('gives the nearest mount, the later of equals', () => {
    const mounts = parseMountInfo(
      [
        '1 0 8:1 / / rw - ext4 /dev/a rw',
        '2 1 0:1 / /home rw master:1 - nfs4 nas:/home rw,addr=10.0.0.1',
        '3 2 0:2 / /home/ada\\040x rw - tmpfs none rw',
        '4 2 0:3 / /home/ada\\040x rw - fuse.sshfs ada@host: rw',
        'nonsense',
        '',
      ].join('\n'),
    );
    expect(mounts).to.have.length(4);
    expect(mountOf('/home/ada x/sub', mounts)?.type).to.equal('fuse.sshfs');
    expect(mountOf('/home/ada xy', mounts)?.type).to.equal('nfs4');
    expect(mountOf('/homes', mounts)?.type).to.equal('ext4');
  });
});
