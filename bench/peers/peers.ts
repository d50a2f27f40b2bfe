import { bullmqPeer } from './bullmq-peer.js';
import { jetstreamPeer } from './jetstream-peer.js';
import { litequePeer } from './liteque-peer.js';
import { outboxPeer } from './outbox-peer.js';
import type { Peer } from './peer.js';
import { pgBossPeer } from './pg-boss-peer.js';
import { plainjobPeer } from './plainjob-peer.js';
import { redrainPeer } from './redrain-peer.js';

/** redrain first; what a user would pick in its place behind it. */
export const PEERS: readonly Peer[] = [
  redrainPeer,
  plainjobPeer,
  litequePeer,
  bullmqPeer,
  jetstreamPeer,
  pgBossPeer,
  outboxPeer,
];
