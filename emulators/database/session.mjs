/** One client's session: its identity, its listens, its requests and what happens when it goes. */

import { ADMIN, asOverride, identityOf, NOBODY } from './auth.mjs';
import { badRequest, denied, Refusal } from './errors.mjs';
import { fromJson, toJson } from './json.mjs';
import { Listener } from './listener.mjs';
import { nodeAt } from './node.mjs';
import { formatPath, parsePath } from './paths.mjs';
import { queryFromWire } from './query.mjs';

const WIRE = { priorities: true, arrays: false };
const MAX_TIMER_MS = 2 ** 31 - 1;
const MAX_LISTENS = 10000;
const MAX_ON_DISCONNECT = 1000;

/** A request that writes: the arguments of `Namespace.put` or `merge`. */
function writeOf(body) {
  if (typeof body?.p !== 'string' || body.d === undefined) throw badRequest('A write needs a path and data.');
  return { path: parsePath(body.p), data: body.d };
}

/** The protocol state of a connection. */
export class Session {
  /**
   * @param {import('./namespace.mjs').Namespace} namespace
   * @param {string|undefined} project
   * @param {(message: object) => void} send
   */
  constructor(namespace, project, send) {
    this.namespace = namespace;
    this.project = project;
    this.send = send;
    this.identity = NOBODY;
    /** @type {Map<string, Listener>} */
    this.listens = new Map();
    /** @type {Array<{path: string[], data: any, merge: boolean}>} */
    this.onDisconnect = [];
    this.expiry = null;
  }

  /** Answer one request. */
  handle({ r, a, b } = {}) {
    const action = Object.hasOwn(ACTIONS, a) ? ACTIONS[a] : undefined;
    let answer;
    try {
      if (action === undefined) throw badRequest(`Unknown action ${JSON.stringify(a)}.`);
      const result = action(this, b ?? {});
      answer = { s: 'ok', d: result === undefined ? '' : result };
    } catch (error) {
      if (!(error instanceof Refusal)) console.error(`${a}: ${error.stack}`);
      answer = error instanceof Refusal ? { s: error.code, d: error.message } : { s: 'internal_error', d: 'Internal server error.' };
    }
    this.send({ r, b: answer });
  }

  /** Become somebody; listens that they may not have are cancelled. */
  become(identity) {
    clearTimeout(this.expiry);
    this.identity = identity;
    if (identity.expires !== Infinity) {
      const revoke = () => {
        this.become(NOBODY);
        this.send({ a: 'ac', b: { s: 'expired_token', d: 'Auth token is expired' } });
      };
      this.expiry = setTimeout(revoke, Math.min(identity.expires - Date.now(), MAX_TIMER_MS));
      this.expiry.unref();
    }
    for (const listener of this.listens.values()) {
      if (!this.namespace.mayRead(listener.path, listener.query, identity)) this.namespace.cancel(listener);
    }
  }

  authenticate(body) {
    if (typeof body.cred !== 'string') throw badRequest('A credential is needed.');
    let identity = identityOf(body.cred, { namespace: this.namespace.name, project: this.project });
    if (body.authvar !== undefined) identity = asOverride(identity, body.authvar);
    else if (body.noauth === true && identity === ADMIN) identity = asOverride(identity, null);
    this.become(identity);
    return { auth: identity.auth };
  }

  listen(body) {
    const path = parsePath(body.p ?? '');
    const query = queryFromWire(body.q);
    const tag = body.t === undefined ? {} : { t: body.t };
    const id = JSON.stringify([path, body.q ?? null]);
    if (this.listens.size >= MAX_LISTENS) throw badRequest(`More than ${MAX_LISTENS} listeners on one connection.`);
    this.unlisten(body);
    const node = this.namespace.read(path, query, this.identity);
    const at = (place) => [...path, ...place].join('/');
    const listener = new Listener(path, query, () => this.identity, {
      put: (place, value) => this.send({ a: 'd', b: { p: at(place), d: toJson(value, WIRE), ...tag } }),
      merge: (children) => {
        const data = Object.create(null);
        for (const [place, value] of children) data[place.join('/')] = toJson(value, WIRE);
        this.send({ a: 'm', b: { p: at([]), d: data, ...tag } });
      },
      cancelled: () => {
        this.listens.delete(id);
        this.send({ a: 'c', b: { p: formatPath(path), ...(body.q === undefined ? {} : { q: [body.q] }) } });
      },
    });
    if (query !== null || body.h !== (node?.hash ?? '')) listener.sink.put([], node);
    this.listens.set(id, listener);
    this.namespace.addListener(listener);
    return this.namespace.missingIndex(path, query) === null ? {} : { w: ['no_index'] };
  }

  unlisten(body) {
    const id = JSON.stringify([parsePath(body.p ?? ''), body.q ?? null]);
    const listener = this.listens.get(id);
    if (listener === undefined) return;
    this.listens.delete(id);
    this.namespace.removeListener(listener);
  }

  /** Remember a write for when the connection ends; rules are asked now and again then. */
  planWrite(body, merge) {
    const { path, data } = writeOf(body);
    if (this.onDisconnect.length >= MAX_ON_DISCONNECT) throw badRequest(`More than ${MAX_ON_DISCONNECT} writes planned for the disconnect.`);
    const now = Date.now();
    if (merge && (data === null || typeof data !== 'object')) throw badRequest('Invalid data; an update must be an object.');
    const places = merge ? Object.entries(data).map(([name, json]) => [[...path, ...parsePath(name)], json]) : [[path, data]];
    const { root } = this.namespace;
    const writes = places.map(([place, json]) => [place, fromJson(json, { depth: place.length, existing: nodeAt(root, place), now })]);
    if (!this.namespace.mayWrite(writes, this.identity, now)) throw denied();
    this.onDisconnect.push({ path, data, merge });
  }

  cancelPlans(body) {
    const path = parsePath(body.p ?? '');
    this.onDisconnect = this.onDisconnect.filter((plan) => !path.every((key, i) => key === plan.path[i]));
  }

  /** The client went: stop listening and do what it planned. */
  end() {
    clearTimeout(this.expiry);
    for (const listener of this.listens.values()) this.namespace.removeListener(listener);
    this.listens.clear();
    const plans = this.onDisconnect;
    this.onDisconnect = [];
    for (const { path, data, merge } of plans) {
      try {
        if (merge) this.namespace.merge(path, data, this.identity);
        else this.namespace.put(path, data, this.identity);
      } catch (error) {
        if (!(error instanceof Refusal)) console.error(`on disconnect ${formatPath(path)}: ${error.stack}`);
      }
    }
  }
}

const ACTIONS = {
  s: () => undefined,
  appcheck: () => undefined,
  unappeck: () => undefined,
  auth: (session, body) => session.authenticate(body),
  gauth: (session, body) => session.authenticate(body),
  unauth: (session) => session.become(NOBODY),
  q: (session, body) => session.listen(body),
  n: (session, body) => session.unlisten(body),
  g: (session, body) => {
    const node = session.namespace.read(parsePath(body.p ?? ''), queryFromWire(body.q), session.identity);
    return toJson(node, WIRE);
  },
  p: (session, body) => {
    const { path, data } = writeOf(body);
    session.namespace.put(path, data, session.identity, { expectedHash: body.h });
  },
  m: (session, body) => {
    const { path, data } = writeOf(body);
    session.namespace.merge(path, data, session.identity);
  },
  o: (session, body) => session.planWrite(body, false),
  om: (session, body) => session.planWrite(body, true),
  oc: (session, body) => session.cancelPlans(body),
};
