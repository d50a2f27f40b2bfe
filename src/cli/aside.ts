/** Lines that are drawn again in place, and that other output must not run into. */
interface Drawn {
  /** Writes above the lines. */
  aside(write: () => void): void;
}

let drawn: Drawn | undefined;

/** Names the lines that are on the screen from now on; undefined for none. */
export function setDrawn(lines: Drawn | undefined): void {
  drawn = lines;
}

/** Writes what is no part of the lines that are drawn, if any are. */
export function aside(write: () => void): void {
  if (drawn === undefined) write();
  else drawn.aside(write);
}
