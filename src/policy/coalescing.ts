/**
 * Fields that make the key of event types an earlier Spec Kitty coalesced. Off
 * unless config.toml says `[sync.coalesce] TYPE = true`. Alternatives of one
 * field are separated by `|`: their place differs by era.
 */
export const BUILT_IN_COALESCING: Readonly<Record<string, readonly string[]>> = {
  MissionDossierArtifactIndexed: [
    'payload.namespace.mission_slug|payload.mission_slug',
    'payload.artifact_id.path|payload.artifact_key',
  ],
  MissionDossierSnapshotComputed: ['payload.namespace.mission_slug|payload.mission_slug'],
};
