// The migrate worker as a program of its own: the same as `redrain worker migrate`.
process.argv.splice(2, 0, 'worker', 'migrate');
await import('../src/cli/run.js');

export {};
