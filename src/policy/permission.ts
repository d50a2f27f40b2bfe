import type { Permission } from '../dispatch/ports.js';
import { heldByRules, type ProjectRules } from './projects.js';
import { passesTypes } from './type-filter.js';

/** The settings of a target that say what may leave for it. */
export interface Filters {
  readonly projects?: 'all' | 'allowed' | undefined;
  readonly types?: readonly string[] | undefined;
}

const EVERYTHING: Permission = () => null;

/** One permission for one set of rules and filters: who holds it sees by that whether anything was changed. */
const BY_RULES = new WeakMap<ProjectRules, Map<string, Permission>>();

/** What may leave for a target: of the types it gets, everything, or only what the project rules allow. */
export function permissionOf(rules: ProjectRules, { projects, types = [] }: Filters): Permission {
  if (projects !== 'allowed' && types.length === 0) return EVERYTHING;
  const known = BY_RULES.get(rules) ?? new Map<string, Permission>();
  BY_RULES.set(rules, known);
  const key = JSON.stringify([projects === 'allowed', types]);
  const permission = known.get(key) ?? filtered(rules, projects, types);
  known.set(key, permission);
  return permission;
}

function filtered(
  rules: ProjectRules,
  projects: Filters['projects'],
  types: readonly string[],
): Permission {
  const heldBy = projects === 'allowed' ? heldByRules(rules) : EVERYTHING;
  if (types.length === 0) return heldBy;
  return (origin) => (passesTypes(types, origin.eventType) ? heldBy(origin) : 'excluded');
}
