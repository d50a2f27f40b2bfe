import { expect } from 'chai';
import { CaptureSummary } from '../../src/journal/capture-summary.js';

describe('a summary of captures', () => {
  it('names so many problems of one file, counts the rest, and names every lost event', () => {
    const summary = new CaptureSummary(2);
    const kept = { generated: false, refused: false };
    for (let line = 1; line <= 5; line += 1) {
      summary.addProblem('odd', { file: 'a', line });
      summary.add({ kind: 'conflict', eventId: `c${line}`, ...kept }, { file: 'b', line });
      summary.add(
        { kind: 'lost', eventId: `l${line}`, generated: false, reason: 'full' },
        { file: 'a', line },
      );
    }
    const { errors, more_errors, lost, conflicts } = summary.report;
    expect({ lost, conflicts, invalid: summary.invalid }).to.deep.equal({
      lost: 5,
      conflicts: 5,
      invalid: 5,
    });
    expect(errors.filter(({ problem }) => problem === 'odd')).to.have.length(2);
    expect(errors.filter(({ event_id }) => event_id?.startsWith('c'))).to.have.length(2);
    expect(errors.filter(({ event_id }) => event_id?.startsWith('l'))).to.have.length(5);
    expect(more_errors).to.deep.equal({ a: 3, b: 3 });
  });

  it('names all when nobody asked for fewer', () => {
    const summary = new CaptureSummary();
    for (let index = 0; index < 5_000; index += 1) summary.addProblem('odd', { index });
    expect(summary.report.errors).to.have.length(5_000);
    expect(summary.report).not.to.have.property('more_errors');
  });
});
