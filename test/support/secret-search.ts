import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Reads every byte below a directory, gzip unpacked, for a text as it is, in
 * base64 (wherever it begins) and in UTF-16.
 */
const SCRIPT = `
  const fs = require('fs'), path = require('path'), zlib = require('zlib');
  const [root, secret] = process.argv.slice(1);
  const walk = (at) => fs.lstatSync(at).isDirectory()
    ? fs.readdirSync(at).flatMap((name) => walk(path.join(at, name))) : [at];
  const base64 = [0, 1, 2].map((skip) => {
    const text = Buffer.from('x'.repeat(skip) + secret).toString('base64');
    return text.slice(4, -4);
  });
  const utf16 = Buffer.from(secret, 'utf16le');
  const needles = [secret, ...base64, utf16, Buffer.from(utf16).swap16()];
  const contents = (file) => {
    const bytes = fs.readFileSync(file);
    return bytes[0] === 0x1f && bytes[1] === 0x8b ? [bytes, zlib.gunzipSync(bytes)] : [bytes];
  };
  for (const file of walk(root))
    if (contents(file).some((bytes) => needles.some((needle) => bytes.includes(needle))))
      console.log(path.relative(root, file));`;

/**
 * Files below a directory that hold a text in any of its spellings. A process
 * of its own reads them: closing a file that this one has open as a database
 * would drop the locks on it. The text is plain letters, which no JSON escapes.
 */
export async function filesHolding(directory: string, text: string): Promise<string[]> {
  const run = await promisify(execFile)(process.execPath, ['-e', SCRIPT, directory, text]);
  return run.stdout.split('\n').filter((line) => line !== '');
}
