import { expect } from 'chai';
import { examineRuntime } from '../../src/app/doctor/runtime.js';

const statusOn = (node: string, driver: string): string | undefined =>
  examineRuntime({ node, driver })[0]?.status;

describe('doctor, of Node and its driver', () => {
  it('names both', () => {
    const [found] = examineRuntime();
    expect(found?.message)
      .to.include(process.versions.node)
      .and.match(/better-sqlite3 \d+\.\d+/);
  });

  it('warns of the two that end processes at random, and of no others', () => {
    expect(statusOn('24.19.0', '12.11.1')).to.equal('warning');
    expect(statusOn('24.21.0', '12.9.0')).to.equal('warning');
    expect(statusOn('24.18.1', '12.11.1')).to.equal('ok');
    expect(statusOn('24.21.0', '13.2.0')).to.equal('ok');
    expect(statusOn('20.20.2', '12.11.1')).to.equal('ok');
    expect(statusOn('26.10.0', '12.11.1')).to.equal('ok');
  });
});
