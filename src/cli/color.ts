import pc from 'picocolors';

const { NO_COLOR, FORCE_COLOR } = process.env;

/** Colour where somebody watches or asked for it, and NO_COLOR is not set; never because of CI. */
export const color = pc.createColors(
  !NO_COLOR && (Boolean(FORCE_COLOR) || process.stdout.isTTY === true),
);
