import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { ask, InterruptedError } from '../../src/cli/ask.js';

const QUESTIONS = [
  { text: 'User: ', hidden: false },
  { text: 'Password: ', hidden: true },
];

/** What a terminal shows after these keys. */
async function typed(keys: string): Promise<{ answers: string[] | Error; shown: string }> {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const asking = ask(QUESTIONS, { input, output });
  input.end(keys);
  const answers = await asking.catch((error: Error) => error);
  return { answers, shown: everythingIn(output) };
}

/** From Node 26 on, one `read` gives what one `write` brought, and no longer all there is. */
function everythingIn(output: PassThrough): string {
  let shown = '';
  for (let chunk = output.read(); chunk !== null; chunk = output.read()) shown += chunk;
  return shown;
}

describe('questions on a terminal', () => {
  it('show what is typed, but for hidden answers', async () => {
    const { answers, shown } = await typed('ada\rs3cret\r');
    expect(answers).to.deep.equal(['ada', 's3cret']);
    expect(shown).to.contain('User: ').and.contain('ada').and.contain('Password: ');
    expect(shown).to.not.match(/s3c|cret/);
    expect(shown).to.match(/Password: \n$/);
  });

  it('keep blanks: they may belong to a password', async () => {
    expect((await typed('ada\r two words \r')).answers).to.deep.equal(['ada', ' two words ']);
  });

  it('let a hidden answer be corrected without showing it', async () => {
    const { answers, shown } = await typed('ada\rwrong\x15right\x7f\x7fht\r');
    expect(answers).to.deep.equal(['ada', 'right']);
    expect(shown).to.not.match(/wron|righ/);
  });

  it('end with what there is when the input ends', async () => {
    expect((await typed('ada\r')).answers).to.deep.equal(['ada']);
    expect((await typed('ada\r\x04')).answers).to.deep.equal(['ada']);
    expect((await typed('')).answers).to.deep.equal([]);
  });

  it('end at Ctrl-C', async () => {
    const { answers, shown } = await typed('ada\rhalf\x03');
    expect(answers).to.be.instanceOf(InterruptedError);
    expect(shown).to.not.contain('half');
  });

  it('take no more lines than were asked for', async () => {
    expect((await typed('ada\rs3cret\rmore\r')).answers).to.deep.equal(['ada', 's3cret']);
  });
});
