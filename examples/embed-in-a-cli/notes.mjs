#!/usr/bin/env node
// A command that keeps notes, and an event of everything it did.
import { randomUUID } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { EventsLostError, openRedrain } from 'redrain';

const FILE = process.env.NOTES_FILE ?? 'notes.txt';

// Touches nothing before it is used, so opening it costs the other commands nothing.
const redrain = await openRedrain();
try {
  process.exitCode = await run(process.argv.slice(2));
} finally {
  await redrain.close();
}

/** @param {string[]} words */
async function run([command, ...words]) {
  if (command === 'add' && words.length > 0) return add(words.join(' '));
  if (command === 'list') return list();
  if (command === 'sync') return sync();
  console.error('usage: notes add TEXT… | notes list | notes sync');
  return 64;
}

/** @param {string} text */
async function add(text) {
  appendFileSync(FILE, `${text}\n`);
  return tell({ event_type: 'NoteAdded', characters: text.length });
}

function list() {
  process.stdout.write(readFileSync(FILE, 'utf8'));
  return 0;
}

/**
 * Keeps one event. An id of our own, made once, is what lets receivers tell a
 * repetition from a new event.
 *
 * @param {{ event_type: string, [field: string]: unknown }} event
 */
async function tell(event) {
  try {
    await redrain.capture({
      event_id: randomUUID(),
      timestamp: new Date().toISOString(),
      ...event,
    });
    return 0;
  } catch (error) {
    // Nothing is dropped silently, and a full disk does not undo the note.
    if (!(error instanceof EventsLostError)) throw error;
    console.error(error.message);
    return 9;
  }
}

/** Sends what the target of this home does not have yet. */
async function sync() {
  const report = await redrain.drain({ onWarning: (line) => console.error(line) });
  const failed = report.rejected + report.transient + report.terminal_failed;
  console.log(`${report.delivered + report.duplicate} sent, ${failed} not taken`);
  if (report.message !== null) console.error(report.message);
  if (report.blocked_reason !== null) return 6;
  return failed > 0 ? 7 : 0;
}
