import type { DrainBlockedReason, Permission, ProjectFields } from '../dispatch/ports.js';
import { governingCheckout } from './checkout.js';

/** The operator's answers, as configured. True allows, false holds, absent is unknown. */
export interface ProjectRules {
  /** `[sync.projects]`, keyed by `projectKey`. */
  readonly byProject: ReadonlyMap<string, boolean>;
  /** `[sync.projects].unassigned`: events without a project. */
  readonly unassigned: boolean | undefined;
  /** `[sync.checkout_overrides."<absolute path>"].enabled`. */
  readonly byCheckout: ReadonlyMap<string, boolean>;
  /** `[sync.repo_defaults."<slug>"].enabled`. */
  readonly byRepo: ReadonlyMap<string, boolean>;
}

export interface ProjectPermission {
  readonly allowed: boolean;
  /** Why it is held; null when allowed. */
  readonly reason: Extract<DrainBlockedReason, 'project_not_allowed' | 'missing_project'> | null;
  /** The configuration table that decided, or `unknown` when none did. For people. */
  readonly source: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * One key for one project: blanks around it do not count, UUIDs are equal in
 * any letter case, other names only to themselves.
 */
export const projectKey = (project: string): string => {
  const name = project.trim();
  return UUID.test(name) ? name.toLowerCase() : name;
};

/**
 * May an event of this origin leave for a hosted team? The first answer counts:
 * its project in `[sync.projects]`, then the checkout it was captured in, then
 * its repository. A checkout goes before a repository because it is the narrower
 * statement. No answer holds: unknown is never yes. An event without a project
 * leaves only when `unassigned` is allowed; neither checkout nor repository can
 * lend it one.
 */
export function projectPermission(origin: ProjectFields, rules: ProjectRules): ProjectPermission {
  const project = projectKey(origin.projectUuid ?? '');
  if (project === '') return unassignedPermission(rules);
  const answer =
    answerOfProject(project, rules) ??
    answerOfCheckout(origin.checkout, rules) ??
    answerOfRepo(origin.repoSlug, rules);
  if (answer === undefined) return held('project_not_allowed', 'unknown');
  return answer.allowed
    ? { allowed: true, reason: null, source: answer.source }
    : held('project_not_allowed', answer.source);
}

/** The same as the port of a drain asks it: why events of an origin are held, or null. */
export const heldByRules =
  (rules: ProjectRules): Permission =>
  (origin) =>
    projectPermission(origin, rules).reason;

interface Answer {
  readonly allowed: boolean;
  readonly source: string;
}

const held = (
  reason: NonNullable<ProjectPermission['reason']>,
  source: string,
): ProjectPermission => ({ allowed: false, reason, source });

function unassignedPermission({ unassigned }: ProjectRules): ProjectPermission {
  const source = unassigned === undefined ? 'unknown' : '[sync.projects].unassigned';
  return unassigned === true
    ? { allowed: true, reason: null, source }
    : held('missing_project', source);
}

function answerOfProject(project: string, { byProject }: ProjectRules): Answer | undefined {
  const allowed = byProject.get(project);
  return allowed === undefined ? undefined : { allowed, source: '[sync.projects]' };
}

function answerOfCheckout(checkout: string | null, rules: ProjectRules): Answer | undefined {
  if (checkout === null || rules.byCheckout.size === 0) return undefined;
  const path = governingCheckout(checkout, rules.byCheckout);
  if (path === undefined) return undefined;
  const allowed = rules.byCheckout.get(path) === true;
  return { allowed, source: `[sync.checkout_overrides."${path}"]` };
}

function answerOfRepo(repoSlug: string | null, { byRepo }: ProjectRules): Answer | undefined {
  const slug = repoSlug?.trim();
  const allowed = slug ? byRepo.get(slug) : undefined;
  return allowed === undefined
    ? undefined
    : { allowed, source: `[sync.repo_defaults."${slug ?? ''}"]` };
}
