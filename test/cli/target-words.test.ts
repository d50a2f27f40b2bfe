import { expect } from 'chai';
import { UsageError } from '../../src/cli/failure.js';
import { wantedChanges } from '../../src/cli/target-words.js';

describe('settings of a target as they are typed', () => {
  it('are read by key: numbers, lists, headers, and nothing for the default', () => {
    expect(
      wantedChanges([
        'url=https://h.example/in?key=$KEY&a=b',
        'format=webhook',
        'max_bytes=1000',
        'types=Order*,!OrderDraft*',
        'secret_env=NEW,OLD',
        'headers=X-Api-Key=KEY,X-Other=OTHER',
        'rate=',
      ]),
    ).to.deep.equal({
      url: 'https://h.example/in?key=$KEY&a=b',
      settings: {
        format: 'webhook',
        maxBytes: 1000,
        types: ['Order*', '!OrderDraft*'],
        secretEnv: ['NEW', 'OLD'],
        headers: { 'X-Api-Key': 'KEY', 'X-Other': 'OTHER' },
        rate: undefined,
      },
    });
    expect(wantedChanges(['types=["A,B"]']).settings.types).to.deep.equal(['A,B']);
  });

  const BAD: readonly (readonly [words: string[], says: RegExp])[] = [
    [['format'], /"format" is not KEY=VALUE: the keys are url, format, /],
    [['token=s3cret'], /"token" is not a setting of a target: the keys are/],
    [['constructor=x'], /"constructor" is not a setting/],
    [['=x'], /"" is not a setting/],
    [['ack=auto', 'ack=status'], /ack is given more than once/],
    [['url='], /url needs an address/],
    [['headers=Authorization: Bearer s3cret'], /must be NAME=ENV_VAR/],
    [['headers=X=Y,x=Z'], /is set twice/],
    [['headers=Content-Length=LENGTH'], /cannot be set/],
    [['types=["A"'], /read as JSON/],
  ];
  for (const [words, says] of BAD)
    it(`refuses ${words.join(' ')}`, () => {
      expect(() => wantedChanges(words))
        .to.throw(UsageError, says)
        .with.property('message')
        .that.does.not.include('s3cret');
    });
});
