import type { Workspace } from './workspace.js';

/** What every row is given. */
export interface BenchSurroundings {
  readonly workspace: Workspace;
  readonly rounds: number;
  /** This many at scale 1, never fewer than `least`. */
  scaled(count: number, least: number): number;
  /** One line of what is going on, for a person who waits. */
  say(line: string): void;
}
