/** Function triggers: who is registered, and the CloudEvents that a commit makes for them. */

import { randomUUID } from 'node:crypto';

import { badRequest } from './errors.mjs';
import { toJson } from './json.mjs';
import { sameNode } from './node.mjs';
import { changedPlaces, compilePattern, matchesName } from './patterns.mjs';

const EVENT = /^google\.firebase\.database\.ref\.v1\.(created|updated|deleted|written)$/;
const NAME = /^projects\/([^/]+)\/locations\/([^/]+)\/(?:triggers|functions)\/([^/]+)$/;

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

/** What has to be merged into `before` to make `after`: changed keys only, null for those that went. */
export function deltaOf(before, after) {
  if (!isObject(before) || !isObject(after)) return after;
  const delta = Object.create(null);
  for (const key of Object.keys(before)) if (!(key in after)) delta[key] = null;
  for (const key of Object.keys(after)) {
    if (!(key in before)) delta[key] = after[key];
    else if (JSON.stringify(before[key]) !== JSON.stringify(after[key])) delta[key] = deltaOf(before[key], after[key]);
  }
  return delta;
}

function kindOf(before, after) {
  if (before === null) return 'created';
  return after === null ? 'deleted' : 'updated';
}

/** A registration as the Firebase CLI sends it, checked and compiled. */
function parseTrigger(body, namespace) {
  const [, project, location, key] = NAME.exec(body?.name) ?? [];
  const [, kind] = EVENT.exec(body?.event) ?? [];
  if (key === undefined) throw badRequest('A trigger needs a name such as projects/P/locations/L/triggers/KEY.');
  if (kind === undefined) throw badRequest(`Unknown event ${JSON.stringify(body.event)}: only second generation events are delivered.`);
  if (typeof body.path !== 'string') throw badRequest('A trigger needs a path.');
  const instances = body.namespacePattern ?? namespace ?? '*';
  return { ...body, project, location, key, kind, pattern: compilePattern(body.path), instances: compilePattern(instances) };
}

/** The registered triggers. */
export class Triggers {
  /** @param {(trigger: object, event: object) => void} deliver takes each event, in the order of commits */
  constructor(deliver) {
    this.deliver = deliver;
    /** @type {Map<string, object>} */
    this.byName = new Map();
  }

  /** Add one registration; one of the same name gives way. */
  add(body, namespace) {
    const trigger = parseTrigger(body, namespace);
    this.byName.set(trigger.name, trigger);
    return { name: trigger.name };
  }

  /** Replace all registrations. */
  replace(body, namespace) {
    const list = Array.isArray(body) ? body : (body?.functionTriggers ?? [body]);
    if (!Array.isArray(list)) throw badRequest('Expected a list of triggers.');
    const parsed = list.map((item) => parseTrigger(item, namespace));
    this.byName = new Map(parsed.map((trigger) => [trigger.name, trigger]));
    return { functionTriggers: this.list() };
  }

  list() {
    return [...this.byName.values()].map(({ name, path, event, topic, namespacePattern }) => ({ name, path, event, topic, namespacePattern }));
  }

  /** Make and hand over the events of a commit. */
  onCommit(namespace, commit) {
    if (commit.silent) return;
    for (const trigger of this.byName.values()) {
      if (!matchesName(trigger.instances, namespace.name)) continue;
      const seen = new Set();
      for (const change of commit.changes) {
        for (const place of changedPlaces(trigger.pattern, change.path, commit.before, commit.after)) {
          const ref = place.path.join('/');
          if (seen.has(ref) || sameNode(place.before, place.after)) continue;
          seen.add(ref);
          const kind = kindOf(place.before, place.after);
          if (trigger.kind === 'written' || trigger.kind === kind) this.deliver(trigger, eventOf(trigger, namespace.name, ref, place, commit.identity));
        }
      }
    }
  }
}

function authOf(identity) {
  if (identity.admin) return { authtype: 'admin' };
  const uid = identity.auth?.uid;
  return typeof uid === 'string' ? { authtype: 'app_user', authid: uid } : { authtype: 'unauthenticated' };
}

function eventOf(trigger, instance, ref, place, identity) {
  const before = toJson(place.before);
  const after = toJson(place.after);
  return {
    specversion: '1.0',
    id: randomUUID(),
    type: trigger.event,
    source: `//firebasedatabase.googleapis.com/projects/_/locations/${trigger.location}/instances/${instance}`,
    subject: `refs/${ref}`,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    ref,
    instance,
    firebasedatabasehost: 'firebaseio.com',
    location: trigger.location,
    ...authOf(identity),
    data: {
      '@type': 'type.googleapis.com/google.events.firebase.database.v1.ReferenceEventData',
      data: before,
      delta: deltaOf(before, after),
    },
  };
}
