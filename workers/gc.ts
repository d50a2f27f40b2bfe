// The gc worker as a program of its own: the same as `redrain worker gc`.
process.argv.splice(2, 0, 'worker', 'gc');
await import('../src/cli/run.js');

export {};
