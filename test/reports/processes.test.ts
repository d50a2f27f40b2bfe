import { hostname } from 'node:os';
import { expect } from 'chai';
import {
  type Foreground,
  mismatchesOf,
  orphansAmong,
  ownerOf,
} from '../../src/reports/processes.js';
import { type LeaseHolder, thisProcess } from '../../src/targets/holder.js';
import type { TargetRecord } from '../../src/targets/registry.js';

/** No process has this number: it is beyond what any system gives out. */
const GONE = 2 ** 30;

const HOLDER: LeaseHolder = {
  ...thisProcess({ server_url: 'https://a.test', team_or_user: 'blue', queue_db_path: null }),
  package_version: '1.0.0',
};

const FOREGROUND: Foreground = {
  package_version: '1.0.0',
  executable_path: '/node',
  source_path: '/redrain',
  server_url: 'https://a.test',
  team_or_user: 'blue',
  queue_db_path: '/queue.db',
  pid: 1,
};

const held = (holder: object | string): Pick<TargetRecord, 'leaseHolder'> => ({
  leaseHolder: typeof holder === 'string' ? holder : JSON.stringify(holder),
});

describe('the owner of a lease', () => {
  it('is nobody where no lease is taken', () => {
    expect(ownerOf(undefined)).to.equal(null);
    expect(ownerOf({ leaseHolder: null })).to.equal(null);
  });

  it('is present while its process lives, or runs on another machine', () => {
    expect(ownerOf(held(HOLDER))).to.include({ status: 'present', pid: process.pid, port: null });
    const elsewhere = { ...HOLDER, pid: GONE, host: `not-${hostname()}` };
    expect(ownerOf(held(elsewhere))).to.include({ status: 'present' });
  });

  it('is an orphan once its process is gone', () => {
    const targets = [
      { id: 1, ...held(HOLDER) },
      { id: 2, ...held({ ...HOLDER, pid: GONE }) },
    ] as TargetRecord[];
    expect(orphansAmong(targets)).to.have.length(1);
    expect(orphansAmong(targets)[0]).to.include({ target_id: 2, status: 'orphan', pid: GONE });
  });

  it('is absent where the lease does not say who', () => {
    for (const text of ['test', '{}', '[]', 'null', '{"pid":"7"}'])
      expect(ownerOf(held(text)), text).to.include({ status: 'absent', pid: null });
  });
});

describe('a worker at the same target', () => {
  const mismatches = (more: Partial<LeaseHolder>) =>
    mismatchesOf(FOREGROUND, ownerOf(held({ ...HOLDER, ...more })));

  it('matches when version, server and identity do', () => {
    expect(mismatches({})).to.deep.equal([]);
    expect(mismatches({ server_url: null, team_or_user: null })).to.deep.equal([]);
  });

  it('is named with what differs and what fixes it', () => {
    expect(mismatches({ package_version: '0.9.0' })).to.deep.equal([
      {
        field: 'package_version',
        foreground_value: '1.0.0',
        daemon_value: '0.9.0',
        remediation_hint: `stop process ${process.pid} with \`kill ${process.pid}\` (it finishes its batch first), then run \`redrain now\``,
      },
    ]);
    const fields = mismatches({ server_url: 'https://b.test', team_or_user: 'red' });
    expect(fields.map(({ field }) => field)).to.deep.equal(['server_url', 'team_or_user']);
  });

  it('is not a mismatch once it is gone: the next drain takes over', () => {
    expect(mismatches({ pid: GONE, package_version: '0.9.0' })).to.deep.equal([]);
  });
});
