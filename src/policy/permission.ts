import type { Permission } from '../dispatch/ports.js';
import { type ProjectRules, projectPermission } from './projects.js';

/** What may leave for a target: everything, or only what the project rules allow. */
export function permissionOf(
  rules: ProjectRules,
  projects: 'all' | 'allowed' | undefined,
): Permission {
  if (projects !== 'allowed') return () => null;
  return (origin) => projectPermission(origin, rules).reason;
}
