/** One conflict in a line that home and model have in common. */
export function conflictLine(conflict: {
  readonly id: string;
  readonly sha256: string;
  readonly isErased: boolean;
  readonly kept: string | null;
}): string {
  const { id, sha256, isErased, kept } = conflict;
  return `${id} ${sha256}${isErased ? ' erased' : ''} ${kept}`;
}
