import { ulid } from 'ulid';

const TYPES = ['MissionCreated', 'SpecifyCompleted', 'PlanCompleted', 'WPStatusChanged'] as const;
const LANES = ['planned', 'doing', 'for_review', 'done'] as const;
const PROJECTS = [
  { project_uuid: '7c0f5d5e-2f51-4d0a-9a4e-0d6a2c1b7e11', repo_slug: 'harbor' },
  { project_uuid: 'e2b1c9d4-58a3-4f3c-8a43-5a5cf8f0b922', repo_slug: 'lighthouse' },
] as const;

/** Events as a busy afternoon of two projects would leave them. */
export function demoEvents(count: number, startedAt: number): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, i) => {
    const at = startedAt + i * 1_500;
    const wp = `WP${String(1 + (i % 12)).padStart(2, '0')}`;
    return {
      event_id: ulid(at),
      event_type: TYPES[i % 17 === 0 ? i % 3 : 3],
      timestamp: new Date(at).toISOString(),
      ...PROJECTS[i % 5 === 0 ? 1 : 0],
      payload: {
        work_package: wp,
        from_lane: LANES[i % 3],
        to_lane: LANES[1 + (i % 3)],
        actor: i % 2 === 0 ? 'reviewer' : 'implementer',
        note: `${wp} moved after ${1 + (i % 7)} comments · café, 測試, ☂`,
      },
    };
  });
}
