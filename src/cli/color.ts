import pc from 'picocolors';

/** Colour where somebody watches and NO_COLOR is not set; never in a pipe, also not in CI. */
const wanted = process.stdout.isTTY === true && !process.env.NO_COLOR;

export const color = pc.createColors(wanted);
