import type { Permission } from '../dispatch/ports.js';
import { heldByRules, type ProjectRules } from './projects.js';

/** What may leave for a target: everything, or only what the project rules allow. */
export function permissionOf(
  rules: ProjectRules,
  projects: 'all' | 'allowed' | undefined,
): Permission {
  return projects === 'allowed' ? heldByRules(rules) : () => null;
}
