import { expect } from 'chai';
import { fold } from '../../src/cli/fold.js';

describe('a text for a screen', () => {
  it('is wrapped between words under the text of its first line, and loses no word', () => {
    const line = `problem: ${'some words of a finding '.repeat(8)}\`redrain now --target 1\``;
    const folded = fold(`short\n${line}`, 80, () => 9);
    const lines = folded.split('\n');
    expect(lines[0]).to.equal('short');
    expect(lines.length).to.be.greaterThan(3);
    for (const one of lines) expect(one.length).to.be.at.most(80);
    for (const one of lines.slice(2)) expect(one).to.match(/^ {9}\S/);
    expect(
      lines
        .slice(1)
        .map((one) => one.trim())
        .join(' '),
    ).to.equal(line);
  });

  it('does not count colours, and does not break a word that is wider than the screen', () => {
    const red = `\u001b[31m${'x'.repeat(10)}\u001b[39m yy`;
    expect(fold(red, 13, () => 2)).to.equal(red);
    expect(fold(`a ${'w'.repeat(90)} b`, 80, () => 2)).to.include('w'.repeat(90));
  });

  it('keeps a command whole, keeps the blanks a line begins with, and counts wide characters', () => {
    const told = fold(`${'word '.repeat(5)}\`redrain now --target 1\` sends`, 40, () => 2);
    expect(told.split('\n')).to.deep.equal([
      'word word word word word',
      '  `redrain now --target 1` sends',
    ]);
    const [first = '', second = ''] = fold(`      → ${'漢字 '.repeat(10)}`, 40, () => 8).split(
      '\n',
    );
    expect(first).to.match(/^ {6}→ 漢字/);
    expect(second).to.match(/^ {8}漢字/);
    expect(first.length).to.be.below(30);
  });

  it('fits a narrow screen in spite of a deep indent', () => {
    const lines = fold('a few words that are to be read'.repeat(3), 20, () => 25).split('\n');
    for (const line of lines) expect(line.length).to.be.at.most(20);
  });
});
