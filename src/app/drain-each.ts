import type { DrainReport } from '../dispatch/drain-report.js';
import { declaredTarget } from '../targets/active-target.js';
import type { TargetKey, TargetRecord } from '../targets/registry.js';
import type { App } from './app.js';
import type { Situation } from './situation.js';

/** One of several targets that are drained side by side. */
export interface OneOfMany {
  /** For people. */
  readonly name: string;
  /** A name, id or address; undefined is the active target, which nobody has drained to yet. */
  readonly to: string | undefined;
}

/** What came of one of them: a report, or why there is none. */
export interface TargetOutcome {
  readonly name: string;
  readonly report: DrainReport | undefined;
  readonly error: unknown;
}

/**
 * Every target that is not retired: those that are declared, those that are
 * known, and the active one. Changes nothing.
 */
export function targetsInUse(app: App): Promise<OneOfMany[]> {
  return app.reading(async ({ situation, stores }) => {
    const known = (await stores?.targets.list()) ?? [];
    const inUse = known.filter(({ retiredAt }) => retiredAt === null);
    return [
      ...inUse.map(({ id, name }) => ({ name, to: String(id) })),
      ...withoutRow(situation, known),
    ];
  });
}

/** Declared ones, the wrong ones among them, and the active one: those that have never been drained to. */
function withoutRow(
  { settings, kind, description }: Situation,
  known: readonly TargetRecord[],
): OneOfMany[] {
  const keys = new Set(known.map(keyOf));
  const names = new Set(known.map(({ name }) => name));
  const declared = [...settings.targets.values()].filter((one) => {
    const target = declaredTarget({ ...one, fault: undefined });
    if (target.state !== 'target') return !names.has(one.name);
    return !keys.has(keyOf(target.identity));
  });
  const others = declared.map(({ name }) => ({ name, to: name }));
  if (kind?.isHosted !== true || description === undefined || keys.has(keyOf(description)))
    return others;
  return [...others, { name: description.teamSlug || description.canonicalUrl, to: undefined }];
}

const keyOf = ({ urlHash, teamSlug, userEmail }: TargetKey): string =>
  `${urlHash} ${teamSlug} ${userEmail}`;

/**
 * Drains targets side by side. None waits for another, and none that fails, or is
 * slow, changes anything for the rest.
 */
export function drainEach(
  targets: readonly OneOfMany[],
  drain: (target: OneOfMany) => Promise<DrainReport>,
): Promise<TargetOutcome[]> {
  return Promise.all(
    targets.map(async (target) => {
      const { name } = target;
      try {
        return { name, report: await drain(target), error: undefined };
      } catch (error) {
        return { name, report: undefined, error };
      }
    }),
  );
}
