import { hash } from 'node:crypto';
import type { EventType, Project } from './commands.js';

/** An event as its producer made it, with all that the model has to know of it. */
export interface Fact {
  readonly id: string;
  readonly project: Project;
  readonly type: EventType;
  /** Names what it coalesces with; null for an event that never does. */
  readonly key: string | null;
  /** Equal for two spellings of one content. */
  readonly content: string;
  readonly bytes: Buffer;
  readonly sha256: string;
}

/** The type that config.toml has coalesced by `payload.key`. */
export const COALESCING_TYPE = 'Progress';

/** A new event with spellings that no JSON library would give back. */
export function newFact(given: Pick<Fact, 'id' | 'project' | 'type' | 'key'>): Fact {
  const key = given.type === COALESCING_TYPE ? given.key : null;
  return factOf({ ...given, key, content: 'first' }, PLAIN);
}

/** The same fact, spelled otherwise. */
export function respelled(fact: Fact): Fact {
  return factOf(fact, WIDE);
}

/** Another fact under the same id. */
export function withContent(fact: Fact, content: string): Fact {
  return factOf({ ...fact, content }, PLAIN);
}

type Spelling = (given: Omit<Fact, 'bytes' | 'sha256'>) => string;

const PLAIN: Spelling = ({ id, project, type, key, content }) =>
  `{"event_id":"${id}","event_type":"${type}",${member(project)}"payload":{${keyMember(key)}"odd": 1.50e1,"\\u00e9":"\\u0041","content":"${content}"}}`;

const WIDE: Spelling = ({ id, project, type, key, content }) =>
  `{ "payload" : {"content":"${content}", ${keyMember(key)}"é":"A", "odd": 15.0},\n ${member(project)} "event_type":"${type}", "event_id":"${id}" }`;

const member = (project: Project): string =>
  project === null ? '' : `"project_uuid":"${project}",`;

const keyMember = (key: string | null): string => (key === null ? '' : `"key":"${key}",`);

function factOf(given: Omit<Fact, 'bytes' | 'sha256'>, spelling: Spelling): Fact {
  const { id, project, type, key, content } = given;
  const bytes = Buffer.from(spelling(given));
  return { id, project, type, key, content, bytes, sha256: hash('sha256', bytes, 'hex') };
}
