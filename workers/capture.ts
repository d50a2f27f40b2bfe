// The capture worker as a program of its own: the same as `redrain worker capture`.
process.argv.splice(2, 0, 'worker', 'capture');
await import('../src/cli/run.js');

export {};
