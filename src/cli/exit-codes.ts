export * from '../app/exit-codes.js';
