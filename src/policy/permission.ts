import type { Permission } from '../dispatch/ports.js';
import { heldByRules, type ProjectRules } from './projects.js';

const EVERYTHING: Permission = () => null;

/** One permission for one set of rules: who holds it sees by that whether anything was changed. */
const BY_RULES = new WeakMap<ProjectRules, Permission>();

/** What may leave for a target: everything, or only what the project rules allow. */
export function permissionOf(
  rules: ProjectRules,
  projects: 'all' | 'allowed' | undefined,
): Permission {
  if (projects !== 'allowed') return EVERYTHING;
  const permission = BY_RULES.get(rules) ?? heldByRules(rules);
  BY_RULES.set(rules, permission);
  return permission;
}
