import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Every path below a directory with its kind, mode, size, time and SHA-256, as
 * one text, taken by a process of its own: closing a live database within this
 * one would drop its locks. SQLite's `-wal` and `-shm` may come and go, and
 * with them the times of directories.
 */
export async function treeHash(directory: string): Promise<string> {
  const run = await promisify(execFile)(process.execPath, ['-e', WALK, directory]);
  return run.stdout;
}

const WALK = `
  const fs = require('fs'), path = require('path'), crypto = require('crypto');
  const walk = (at) => {
    const stat = fs.lstatSync(at, { throwIfNoEntry: false });
    if (stat === undefined) return console.log('absent', at);
    if (/-(wal|shm)$/.test(at)) return;
    if (stat.isDirectory()) {
      console.log(at, stat.mode.toString(8));
      return fs.readdirSync(at).sort().forEach((name) => walk(path.join(at, name)));
    }
    const sha = crypto.createHash('sha256').update(fs.readFileSync(at)).digest('hex');
    console.log(at, stat.mode.toString(8), stat.size, stat.mtimeMs, sha);
  };
  walk(process.argv[1]);`;
