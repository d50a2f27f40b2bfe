// A receiver of one's own: writes every event to a file, one JSON text a line, each once.
//   url = "module:./jsonl-file.mjs?file=/var/lib/orders/events.jsonl"
import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

const { searchParams } = new URL(import.meta.url);
const FILE = resolve(searchParams.get('file') ?? 'events.jsonl');
const NEWLINE = 0x0a;

/**
 * The open file, its length, and what is in it.
 *
 * @type {{ handle: import('node:fs/promises').FileHandle, length: number, taken: Set<string> } | undefined}
 */
let file;

/** @type {Promise<unknown>} */
let earlier = Promise.resolve();

/** @type {import('redrain').Receiver} */
export default {
  name: FILE,

  /** One call after another: redrain does not wait for one whose time is over. */
  deliver(events, { generation }) {
    const results = earlier.then(() => take(events, generation));
    earlier = results.catch(() => undefined);
    return results;
  },

  async close() {
    await earlier;
    await file?.handle.close();
    file = undefined;
  },
};

/**
 * @param {readonly import('redrain').ReceiverEvent[]} events
 * @param {number} generation
 */
async function take(events, generation) {
  file ??= await openFile();
  const { taken } = file;
  /** @type {Map<string, string>} */
  const lines = new Map();
  /** @type {import('redrain').ReceiverResult[]} */
  const results = events.map((event) => {
    const key = keyOf(event.id, generation);
    const isKnown = taken.has(key) || lines.has(key);
    if (!isKnown) lines.set(key, lineOf(event, generation));
    return { id: event.id, status: isKnown ? 'duplicate' : 'success' };
  });
  await append(file, Buffer.from([...lines.values()].join('')));
  // Only now: had the write failed, these events would come again, and have to be taken.
  for (const key of lines.keys()) taken.add(key);
  return results;
}

/** Opens the file and reads what was taken. What a crash has left of a line is cut off. */
async function openFile() {
  const handle = await open(FILE, 'a+', 0o600);
  const content = await handle.readFile();
  const length = content.lastIndexOf(NEWLINE) + 1;
  if (length < content.length) await handle.truncate(length);
  // Whoever wrote this may have ended before it was on disk, and it counts as taken from now on.
  await handle.datasync();
  await syncDirectory();
  const taken = new Set();
  for (const line of content.toString('utf8', 0, length).split('\n')) {
    if (line === '') continue;
    const { id, generation = 1 } = JSON.parse(line);
    taken.add(keyOf(id, generation));
  }
  return { handle, length, taken };
}

/** The name of a new file is durable once its directory is. */
async function syncDirectory() {
  const directory = await open(dirname(FILE));
  await directory.sync().finally(() => directory.close());
}

/**
 * All of it is on disk when this returns, or nothing of it is left.
 *
 * @param {NonNullable<typeof file>} to
 * @param {Buffer} bytes
 */
async function append(to, bytes) {
  if (bytes.length === 0) return;
  try {
    await to.handle.appendFile(bytes);
    await to.handle.datasync();
  } catch (error) {
    // What is in the file after that is read again by the next call.
    file = undefined;
    await to.handle.truncate(to.length).finally(() => to.handle.close());
    throw error;
  }
  to.length += bytes.length;
}

/**
 * A line break in JSON is white space, so that a blank stands for it. What is not JSON text is kept
 * in base64.
 *
 * @param {import('redrain').ReceiverEvent} event
 * @param {number} generation
 */
function lineOf({ id, type, time, bytes }, generation) {
  const again = generation > 1 ? { generation } : {};
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replaceAll(/[\r\n]+/g, ' ')
    .trim();
  const isJson = isUtf8(bytes) && isJsonText(text);
  const payload = isJson ? {} : { payload_base64: Buffer.from(bytes).toString('base64') };
  const about = JSON.stringify({ id, type, time, ...again, ...payload });
  return isJson ? `${about.slice(0, -1)},"payload":${text}}\n` : `${about}\n`;
}

/** @param {string} text */
function isJsonText(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * A replay is written again: it was asked for.
 *
 * @param {string} id
 * @param {number} generation
 */
function keyOf(id, generation) {
  return JSON.stringify([id, generation]);
}
