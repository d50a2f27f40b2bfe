// The dispatch worker as a program of its own: the same as `redrain worker dispatch`.
process.argv.splice(2, 0, 'worker', 'dispatch');
await import('../src/cli/run.js');

export {};
