import { type Mount, mountOf } from './mount-table.js';

/** `statfs` type numbers of Linux that are network file systems whatever their options. */
const NETWORK_MAGIC = new Map<number, string>([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0x564c, 'NCP'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x19830326, 'BeeGFS'],
  [0xaad7aaea, 'PanFS'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
]);

/** These two carry local and remote file systems alike: the mount table decides. */
const FUSE_MAGIC = 0x65735546;
const PLAN9_MAGIC = 0x01021997;

/** Types below FUSE, and of macOS, that reach over a network. */
const NETWORK_TYPES =
  /^(?:fuse\.)?(?:nfs4?|smbfs|smb3?|cifs|afpfs|webdav|davfs2?|ftp|curlftpfs|sshfs|macfuse_sshfs|s3fs|s3ql|goofys|mount-s3|rclone|gcsfuse|blobfuse2?|glusterfs|cephfs?|ceph-fuse|mfs|moosefs|juicefs|gvfsd-fuse|afs|lustre|beegfs)$/;

/**
 * The name of the network file system a directory lies on, or undefined for a
 * local one. `type` is what `statfs` gave on Linux, undefined elsewhere.
 * FUSE is refused only for the drivers known to be remote, because many local
 * ones (encryption, overlays, NTFS) are FUSE too; 9p only over a network
 * transport or for WSL's Windows drives, because sandboxes use it for their
 * own local root.
 */
export function networkFilesystem(
  directory: string,
  type: number | undefined,
  mounts: () => readonly Mount[],
): string | undefined {
  if (type !== undefined) {
    const known = NETWORK_MAGIC.get(type >>> 0);
    if (known !== undefined) return known;
    if (type !== FUSE_MAGIC && type !== PLAN9_MAGIC) return undefined;
  }
  const mount = mountOf(directory, mounts());
  return mount !== undefined && isRemote(mount) ? mount.type : undefined;
}

const isRemote = ({ type, options }: Mount): boolean =>
  NETWORK_TYPES.test(type) ||
  (type === '9p' && /\btrans=(tcp|rdma)\b|\baname=drvfs\b/.test(options));
