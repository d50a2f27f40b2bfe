// One run of one peer in a process of its own: node peer-process.js PEER WAY EVENTS DIRECTORY.
import { projectUuids } from '../projects.js';
import { type SampleEvent, sampleEvents } from '../sample-events.js';
import { PEERS } from './peers.js';
import { WAYS, type WayName } from './ways.js';

/** What one run prints: milliseconds, and microseconds of CPU of the calling process. */
export interface PeerRun {
  readonly durability: string;
  readonly syncsFirst: boolean;
  readonly ms: number;
  readonly cpu_us: number;
  /** By the server's own account; null where it keeps none. */
  readonly syncs: number | null;
}

const [name, way, count, directory] = process.argv.slice(2);
const peer = PEERS.find((one) => one.name === name);
if (peer === undefined || directory === undefined) throw new Error(`there is no peer ${name}`);
const events = sampleEvents(Number(count) + 1, projectUuids(3));
const syncsBefore = await peer.syncs?.();
const opened = await peer.open(directory);
// What is loaded or made with the first one is no part of the rate.
await opened.add(events[0] as SampleEvent);
const started = performance.now();
const cpu = process.cpuUsage();
await WAYS[way as WayName].run(opened, events.slice(1));
const ms = performance.now() - started;
const { user, system } = process.cpuUsage(cpu);
await opened.close();
const syncs = syncsBefore === undefined ? null : ((await peer.syncs?.()) ?? 0) - syncsBefore;
const { durability, syncsFirst } = opened;
const run: PeerRun = { durability, syncsFirst, ms, cpu_us: user + system, syncs };
process.stdout.write(`${JSON.stringify(run)}\n`);
