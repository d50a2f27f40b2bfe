import { shortened } from '../../base/shortened.js';
import type { EdgeFault, EdgeRecord } from '../../edges/edge-store.js';
import { type Finding, problem, warning } from '../finding.js';
import { counted, number } from './cause-text.js';

/** Edges that are named one by one. */
const MOST_NAMED = 20;

/** Edges whose journal was restored or copied, and numbers that are missing. */
export function edgeFindings(edges: readonly EdgeRecord[]): Finding[] {
  const faulty = edges.filter(({ faults }) => faults.length > 0);
  const named = faulty.slice(0, MOST_NAMED).flatMap(faultsOf);
  const others = faulty.length - MOST_NAMED;
  const more =
    others > 0
      ? [
          problem('edges', `${counted(others, 'more edge')} restored or copied`, 'redrain edges', {
            count: others,
          }),
        ]
      : [];
  return [...named, ...more, ...gaps(edges)];
}

function faultsOf(edge: EdgeRecord): Finding[] {
  return edge.faults.map((fault) =>
    problem(
      'edges',
      `the edge ${shortNameOf(edge)}: ${edgeFaultText(fault)}`,
      `redrain edges ack ${edge.id}`,
      {
        count: fault.times,
      },
    ),
  );
}

/** They come with the next retry of the edge, as a rule. */
function gaps(edges: readonly EdgeRecord[]): Finding[] {
  const open = edges.filter(({ missing }) => missing > 0);
  const missing = open.reduce((sum, edge) => sum + edge.missing, 0);
  if (missing === 0) return [];
  const [first] = open;
  const where =
    open.length === 1 ? `the edge ${first && shortNameOf(first)}` : counted(open.length, 'edge');
  const advice =
    'the edge sends again what failed; what this home has lost since, replay there (`redrain edges show` names the numbers)';
  return [
    warning(
      'edge_gaps',
      `${number(missing)} of the numbers of ${where} were sent and are not here`,
      { advice },
      {
        count: missing,
      },
    ),
  ];
}

const shortNameOf = ({ name, home }: Pick<EdgeRecord, 'name' | 'home'>): string =>
  shortened(name ?? home);

/** A fault in words. */
export function edgeFaultText({ kind, number: first, times }: EdgeFault): string {
  switch (kind) {
    case 'restored':
      return `its journal was restored from an older one: it sent ${times} of its numbers as new that were here, the first of them ${first}`;
    case 'diverged':
      return `its journal is another one: ${times} of its numbers stand for other events than before, the first of them ${first}`;
    case 'cloned':
      return `two copies of its home send in turns: ${counted(times, 'time')} since number ${first}`;
  }
}
