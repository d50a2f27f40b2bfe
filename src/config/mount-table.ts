/** One mounted file system, as far as it matters here. */
export interface Mount {
  /** Absolute directory it is mounted on. */
  readonly directory: string;
  /** The kernel's name of its type, such as `fuse.sshfs`. */
  readonly type: string;
  readonly options: string;
}

/** Mounts of Linux, from `/proc/self/mountinfo`. Lines of another form are left out. */
export function parseMountInfo(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    const [place, rest] = line.split(' - ', 2);
    const directory = place?.split(' ')[4];
    const [type, , options = ''] = rest?.split(' ') ?? [];
    if (directory && type) mounts.push({ directory: withoutEscapes(directory), type, options });
  }
  return mounts;
}

/** Mounts of macOS, from `mount`: `//u@host/share on /Volumes/share (smbfs, nodev)`. */
export function parseMountCommand(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    const found = /^.* on (\/.*) \(([^,)]+),?\s*(.*)\)$/.exec(line);
    if (found?.[1] && found[2]) {
      mounts.push({ directory: found[1], type: found[2], options: found[3] ?? '' });
    }
  }
  return mounts;
}

/** The mount a path lies on. The last of equals counts: it covers those before it. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  let best: Mount | undefined;
  for (const mount of mounts) {
    const prefix = mount.directory.endsWith('/') ? mount.directory : `${mount.directory}/`;
    if (!`${path}/`.startsWith(prefix)) continue;
    if (best === undefined || mount.directory.length >= best.directory.length) best = mount;
  }
  return best;
}

/** The kernel writes blanks and backslashes in mount points as three octal digits. */
const withoutEscapes = (directory: string): string =>
  directory.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
