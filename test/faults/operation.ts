import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Cli, type CliOptions, type CliResult, inPairs } from '../support/cli.js';
import { rounds } from '../support/rounds.js';
import { assertBelievable, temporaries } from './home-state.js';

/** What a scene is run with. */
export type Watched = Pick<CliOptions, 'crash' | 'full' | 'recordSteps'>;

/** A home in which one command is about to be given. */
export interface Scene {
  readonly cli: Cli;
  /** Gives the command. */
  run(watched?: Watched): Promise<CliResult>;
  /** What is on disk and at the receiver, in words that a table can hold; no word of it is a guess. */
  state(): string | Promise<string>;
  /** What no moment may break: asked after the kill, and after the command was given again. */
  safe?(): void | Promise<void>;
  /** What the repeated command itself said, in short. */
  answer?(again: CliResult): string;
  /** Exit codes with which the repeated command may end; 0 when left out. */
  readonly codes?: readonly number[];
  /** What a person does after the repeated command, where it says so. */
  finish?(): Promise<void>;
  /** What must be true in the end. */
  whole(): void | Promise<void>;
}

/** One command with everything that may be interrupted in it. */
export interface Operation {
  readonly name: string;
  /** As a person types it. */
  readonly command: string;
  /** The steps at which it is killed, of those it passes. */
  readonly steps?: RegExp;
  /** Given here where the command passes some of them at random times. */
  readonly fixedSteps?: readonly string[];
  prepare(): Promise<Scene>;
}

/** One row of the table: what was seen. */
export interface Observation {
  readonly step: string;
  readonly left: string;
  readonly after: string;
}

/** In the long tests a process also dies at later passings of a step. */
const LATER_PASSINGS = rounds(1, 6);

/** Kills the operation at each of its steps; returns what the first passings came to. */
export async function observed(operation: Operation): Promise<Observation[]> {
  const passings = await stepsOf(operation);
  const deaths = [...passings].flatMap(([step, times]) =>
    Array.from({ length: Math.min(times, LATER_PASSINGS) }, (_, i) => ({ step, nth: i + 1 })),
  );
  const failures: unknown[] = [];
  const seen = await inPairs(deaths, (crash) =>
    killedAt(operation, crash).catch((error: unknown) => void failures.push(error)),
  );
  // Only now, as nothing of the other lane may outlive the test.
  if (failures.length > 0) throw failures[0];
  return seen.filter((one) => one !== undefined).filter((_, i) => deaths[i]?.nth === 1);
}

/** Name → how often one undisturbed run passes it, in the order of the first passings. */
async function stepsOf(operation: Operation): Promise<Map<string, number>> {
  if (operation.fixedSteps !== undefined)
    return new Map(operation.fixedSteps.map((step) => [step, 1]));
  const scene = await operation.prepare();
  const recordSteps = join(scene.cli.root, 'steps');
  const run = await scene.run({ recordSteps });
  expect(scene.codes ?? [0], `${operation.command}: ${run.stderr}`).to.include(run.code);
  const passings = new Map<string, number>();
  for (const step of readFileSync(recordSteps, 'utf8').trim().split('\n'))
    if (operation.steps?.test(step) !== false) passings.set(step, (passings.get(step) ?? 0) + 1);
  await scene.finish?.();
  await scene.whole();
  return passings;
}

async function killedAt(
  operation: Operation,
  crash: { step: string; nth: number },
): Promise<Observation> {
  const when = `${operation.command}, killed at ${crash.step}, passing ${crash.nth}`;
  try {
    return await killAndRepeat(await operation.prepare(), crash, when);
  } catch (error) {
    (error as Error).message = `${when}: ${(error as Error).message}`;
    throw error;
  }
}

async function killAndRepeat(
  scene: Scene,
  crash: { step: string; nth: number },
  when: string,
): Promise<Observation> {
  const killed = await scene.run({ crash });
  expect(killed.signal, `${killed.stdout}\n${killed.stderr}`).to.equal('SIGKILL');
  const unfinished = temporaries(scene.cli.home).map((name) => `\`${name}\``);
  const left = [await scene.state(), ...unfinished].join('; ');
  await scene.safe?.();
  const again = await scene.run();
  expect(scene.codes ?? [0], again.stderr).to.include(again.code);
  const after = [`exit ${again.code}`, scene.answer?.(again), await scene.state()];
  await scene.safe?.();
  await scene.finish?.();
  await scene.whole();
  await assertBelievable(scene.cli.home, when);
  expect(temporaries(scene.cli.home), 'unfinished files').to.deep.equal([]);
  return { step: crash.step, left, after: after.filter((part) => part !== undefined).join('; ') };
}
