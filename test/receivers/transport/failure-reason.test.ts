import { expect } from 'chai';
import {
  type FailureContext,
  failureKind,
  failureReason,
} from '../../../src/receivers/transport/failure-reason.js';

const context: FailureContext = {
  url: new URL('http://orders.test/in'),
  route: {},
  endedBy: undefined,
  deadlineMs: 1_000,
  maxAnswerBytes: 1_000,
};

describe('a request that brought no answer', () => {
  for (const [code, kind, words] of [
    ['ENOTFOUND', 'route', 'the host orders.test is unknown'],
    ['ECONNREFUSED', 'route', 'connection refused by orders.test'],
    ['ECONNRESET', 'cut', 'connection to orders.test was reset before a complete answer'],
    ['HPE_HEADER_OVERFLOW', 'answer', 'orders.test sends more headers than anybody reads'],
    [
      'OTHER_PROTOCOL',
      'answer',
      'orders.test goes over to another protocol, for which nobody asked',
    ],
  ] as const)
    it(`for ${code} says whom it is about, in words`, () => {
      const error = Object.assign(new Error('not for people'), { code });
      expect(failureReason(error, context)).to.equal(words);
      expect(failureKind(error, context)).to.equal(kind);
    });
});
