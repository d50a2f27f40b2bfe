import pc from 'picocolors';

/** Colour where somebody watches and NO_COLOR is not set; never in a pipe, also not in CI. */
export const color = pc.createColors(pc.isColorSupported && process.stdout.isTTY === true);
