import Database from 'better-sqlite3';

// Takes and leaves the write lock of a database again and again, until its
// standard input ends. Arguments: the file, and for how long to hold it.
const [, , file = '', holdMs = '20'] = process.argv;
const db = new Database(file, { timeout: 10_000 });
const clock = new Int32Array(new SharedArrayBuffer(4));
let isOver = false;
process.stdin.on('end', () => {
  isOver = true;
});
process.stdin.resume();

function round(): void {
  if (isOver) {
    db.close();
    return;
  }
  db.exec('BEGIN IMMEDIATE');
  Atomics.wait(clock, 0, 0, Number(holdMs));
  db.exec('COMMIT');
  setTimeout(round, 10);
}

round();
console.log('storming');
