import { expect } from 'chai';
import { documentText } from '../support/markdown.js';
import { WarmCli } from '../support/warm-cli.js';

const picture = documentText('docs/pictures/demo.svg');

/** Ports are others in each run. */
const anyPort = (text: string): string => text.replaceAll(/:\d{4,5}\b/g, ':PORT');

/** The lines of the terminal that is drawn, as they are read. */
const drawn = [...picture.matchAll(/<text x.*?>(.*)<\/text>/g)].map(([, line = '']) =>
  line
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&'),
);

describe('the picture of the demo', () => {
  it('says what a real run says, in its order, with every remark and every command', async () => {
    const run = await new WarmCli().startBare(['demo']).exited;
    expect(run.code, run.stderr).to.equal(0);
    const said = anyPort(run.stdout).split('\n');
    let at = -1;
    for (const line of drawn.map(anyPort)) {
      at = said.indexOf(line, at + 1);
      expect(at, `“${line}” in its place`).to.not.equal(-1);
    }
    const steps = said.filter((line) => /^[#$] /.test(line));
    expect(drawn.map(anyPort)).to.include.members([...steps, said.at(-2)]);
  });

  it('loads nothing from elsewhere, and follows the scheme of its reader', () => {
    expect(picture).to.not.match(/\bhref|@import|url\(|<script|<image/);
    expect(picture).to.include('@media (prefers-color-scheme: dark)');
  });
});
