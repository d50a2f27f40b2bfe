import { expect } from 'chai';
import {
  heldByRules,
  type ProjectRules,
  projectKey,
  projectPermission,
} from '../../src/policy/projects.js';

const UUID = '0b9cA7d0-2f4e-4d1b-9f3a-5c7d8e9f0a1b';

function rules(given: {
  projects?: Record<string, boolean>;
  unassigned?: boolean;
  checkouts?: Record<string, boolean>;
  repos?: Record<string, boolean>;
}): ProjectRules {
  const projects = Object.entries(given.projects ?? {});
  return {
    byProject: new Map(projects.map(([id, allowed]) => [projectKey(id), allowed])),
    unassigned: given.unassigned,
    byCheckout: new Map(Object.entries(given.checkouts ?? {})),
    byRepo: new Map(Object.entries(given.repos ?? {})),
  };
}

const origin = { projectUuid: UUID, repoSlug: 'acme/app', checkout: '/home/ada/app' };

describe('permission of a project', () => {
  it('is not given while nobody decided', () => {
    expect(projectPermission(origin, rules({}))).to.deep.equal({
      allowed: false,
      reason: 'project_not_allowed',
      source: 'unknown',
    });
  });

  it('follows [sync.projects] before everything else', () => {
    const held = rules({
      projects: { [UUID]: false },
      checkouts: { '/home/ada/app': true },
      repos: { 'acme/app': true },
    });
    expect(projectPermission(origin, held)).to.include({
      allowed: false,
      source: '[sync.projects]',
    });
    const allowed = rules({ projects: { [UUID]: true }, checkouts: { '/home/ada/app': false } });
    expect(projectPermission(origin, allowed)).to.deep.equal({
      allowed: true,
      reason: null,
      source: '[sync.projects]',
    });
  });

  it('follows the checkout before the repository', () => {
    const given = rules({ checkouts: { '/home/ada': false }, repos: { 'acme/app': true } });
    expect(projectPermission(origin, given)).to.deep.equal({
      allowed: false,
      reason: 'project_not_allowed',
      source: '[sync.checkout_overrides."/home/ada"]',
    });
  });

  it('follows the repository where nothing narrower decides', () => {
    const given = rules({ checkouts: { '/elsewhere': false }, repos: { 'acme/app': true } });
    expect(projectPermission(origin, given)).to.deep.equal({
      allowed: true,
      reason: null,
      source: '[sync.repo_defaults."acme/app"]',
    });
  });

  it('takes the nearest configured directory', () => {
    const given = rules({
      checkouts: { '/home': false, '/home/ada/': true, '/home/ada/ap': false },
    });
    expect(projectPermission(origin, given).allowed).to.equal(true);
  });

  it('compares UUIDs in any letter case, other names exactly', () => {
    const given = rules({ projects: { [UUID.toUpperCase()]: true, Tools: true } });
    expect(
      projectPermission({ ...origin, projectUuid: UUID.toLowerCase() }, given).allowed,
    ).to.equal(true);
    expect(projectPermission({ ...origin, projectUuid: 'tools' }, given).allowed).to.equal(false);
  });

  for (const projectUuid of [null, '', '  ']) {
    it(`holds an event whose project is ${JSON.stringify(projectUuid)}, whatever its checkout`, () => {
      const given = rules({ checkouts: { '/home/ada': true }, repos: { 'acme/app': true } });
      expect(projectPermission({ ...origin, projectUuid }, given)).to.deep.equal({
        allowed: false,
        reason: 'missing_project',
        source: 'unknown',
      });
    });
  }

  it('lets events without a project go when unassigned is allowed', () => {
    const nowhere = { projectUuid: null, repoSlug: null, checkout: null };
    expect(projectPermission(nowhere, rules({ unassigned: true })).allowed).to.equal(true);
    expect(projectPermission(nowhere, rules({ unassigned: false }))).to.include({
      reason: 'missing_project',
      source: '[sync.projects].unassigned',
    });
  });

  it('does not take a project that is called unassigned for none', () => {
    const named = { projectUuid: 'unassigned', repoSlug: null, checkout: null };
    expect(projectPermission(named, rules({ unassigned: true })).allowed).to.equal(false);
  });

  it('answers the drain with the reason alone', () => {
    const heldBy = heldByRules(rules({ projects: { [UUID]: true } }));
    const typed = { ...origin, eventType: 'T' };
    expect(heldBy(typed)).to.equal(null);
    expect(heldBy({ ...typed, projectUuid: 'other' })).to.equal('project_not_allowed');
  });
});
