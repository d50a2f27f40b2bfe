import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const homes: string[] = [];

/** A home of its own for the test that asks; removed after it. */
export function temporaryHome(name = 'redrain-test-'): string {
  const home = mkdtempSync(join(tmpdir(), name));
  homes.push(home);
  return home;
}

/** Something to close after the test, before its home is removed. */
export function closeAfterTest(close: () => unknown): void {
  closers.push(close);
}

const closers: (() => unknown)[] = [];

/** What `root-hooks.ts` calls after each test. */
export async function cleanUpAfterTest(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
  for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true });
}
