import type { RenderPage } from './page.js';
import { conflict, conflicts } from './pages/conflicts.js';
import { diff } from './pages/diff.js';
import { edge, edges } from './pages/edges.js';
import { event } from './pages/event.js';
import { events } from './pages/events.js';
import { home } from './pages/home.js';
import { job, jobs } from './pages/jobs.js';
import { tail } from './pages/tail.js';
import { target } from './pages/target.js';
import { workers } from './pages/workers.js';

/** Every page that only shows something, by its name in the address. */
export const PAGES: Readonly<Record<string, RenderPage>> = {
  '': home,
  target,
  events,
  event,
  tail,
  conflicts,
  conflict,
  diff,
  jobs,
  job,
  workers,
  edges,
  edge,
};
