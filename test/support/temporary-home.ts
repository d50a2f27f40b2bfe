import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveHome } from '../../src/config/home.js';

const homes: string[] = [];

/** A home of its own for the test that asks; removed after it. */
export function temporaryHome(name = 'redrain-test-'): string {
  const home = mkdtempSync(join(tmpdir(), name));
  homes.push(home);
  return home;
}

/** Where redrain's own files are in a home, as redrain itself finds it. */
export const stateOf = (home: string): string => resolveHome({ home, env: {} }).state;

/** Makes a home Spec Kitty's: it has the directory where Spec Kitty keeps its session. */
export function makeTheirs(home: string): string {
  mkdirSync(join(home, 'auth'), { recursive: true });
  return home;
}

/** Something to close after the test, before its home is removed. */
export function closeAfterTest(close: () => unknown): void {
  closers.push(close);
}

/** What tests of a file share, closed after the last of them. */
export function closeAfterFile(close: () => unknown): void {
  lateClosers.push(close);
}

const lateClosers: (() => unknown)[] = [];
const closers: (() => unknown)[] = [];

/** What `root-hooks.ts` calls after each test. */
export async function cleanUpAfterTest(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
  for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true });
}

/** What `root-hooks.ts` calls after the tests of a file. */
export async function cleanUpAfterFile(): Promise<void> {
  for (const close of lateClosers.splice(0).reverse()) await close();
}
