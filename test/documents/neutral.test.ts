import { expect } from 'chai';
import { documentText } from '../support/markdown.js';
import { documents } from './documents.js';

/** Words that only users of Spec Kitty need. */
const THEIRS =
  /teamspace|spec.?kitty|saas|fly\.dev|redrain (?:login|logout|server|migrate)|server_url/i;

/** Their own pages, and those for people who work on redrain itself. */
const EXEMPT = [
  'docs/spec-kitty.md',
  // Made from the types, which have fields for them.
  'docs/api.md',
  'docs/architecture.md',
  'docs/design.md',
  'docs/reliability.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
];

/** A page may say where theirs is. */
const MOST_LINKS = 2;

describe('what only users of Spec Kitty need', () => {
  it('is in no other page than theirs, but for a line that leads there', () => {
    const pages = documents().filter(
      (path) => !EXEMPT.includes(path) && !path.startsWith('bench/'),
    );
    expect(pages).to.include.members(['README.md', 'docs/configuration.md', 'docs/status.md']);
    const found = pages.flatMap((path) => {
      const lines = documentText(path)
        .split('\n')
        .filter((line) => THEIRS.test(line));
      const leading = lines.filter((line) => line.includes('spec-kitty.md'));
      const others = lines.filter((line) => !line.includes('spec-kitty.md'));
      return [...others, ...leading.slice(MOST_LINKS)].map((line) => `${path}: ${line}`);
    });
    expect(found).to.deep.equal([]);
  });
});
