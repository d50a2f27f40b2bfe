import { expect } from 'chai';
import * as sql from '../../src/sqlite/retention/retention.sql.js';
import { openCore } from '../support/core.js';

/** Tables that grow with the journal: a step of a chunk may search them and never walk through them. */
const LARGE = /^SCAN (e|p|d|m|g|o|v|l|event|payload|delivery|mark|live|todo)\b/;

describe('the statements of one chunk', () => {
  const CHUNKED = {
    ELIGIBLE_IN_SPAN: sql.ELIGIBLE_IN_SPAN,
    STILL_ELIGIBLE: sql.STILL_ELIGIBLE,
    LOAD_PAYLOADS: sql.LOAD_PAYLOADS,
    LOAD_RECORDS: sql.LOAD_RECORDS,
    CENSUS_OF_EVENTS: sql.CENSUS_OF_EVENTS,
    CENSUS_OF_DELIVERIES: sql.CENSUS_OF_DELIVERIES,
    REMOVE_LIVE: sql.REMOVE_LIVE,
    REMOVE_TODO: sql.REMOVE_TODO,
    FIND_ARCHIVED: sql.FIND_ARCHIVED,
    OWE_AGAIN: sql.OWE_AGAIN,
    SEEN_BY: sql.SEEN_BY,
  };

  for (const [name, statement] of Object.entries(CHUNKED))
    it(`${name} searches, whatever the size of the journal`, async () => {
      const core = await openCore();
      const named = [...statement.matchAll(/@(\w+)/g)].map(([, key]) => [key, 1]);
      const parameters =
        named.length > 0 ? [Object.fromEntries(named)] : statement.includes('?') ? [1] : [];
      const plan = core.db.read((db) =>
        db.prepare(`EXPLAIN QUERY PLAN ${statement}`).all(...parameters),
      ) as { detail: string }[];
      expect(plan.map(({ detail }) => detail).filter((step) => LARGE.test(step))).to.deep.equal([]);
    });
});
