import Database from 'better-sqlite3';

/**
 * Writes to an old queue file until stdin ends: `writes` stays inside one
 * transaction, `rewrites` commits as fast as it can. Both leave the rows as
 * they were.
 */
const [file, mode] = process.argv.slice(2) as [string, 'writes' | 'rewrites'];
const db = new Database(file);
const touch = db.prepare('UPDATE queue SET retry_count = retry_count');

if (mode === 'writes') {
  db.exec('BEGIN IMMEDIATE');
  touch.run();
}
const timer = setInterval(() => {
  if (mode === 'rewrites') touch.run();
}, 0);
process.stdout.write('holding\n');
process.stdin.resume().on('end', () => {
  clearInterval(timer);
  if (db.inTransaction) db.exec('ROLLBACK');
  db.close();
});
