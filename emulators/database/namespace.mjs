/** One database: its tree, its rules, who listens to it, and the operations on it. Everything here is synchronous, so each operation is atomic. */

import { badRequest, denied, Refusal } from './errors.mjs';
import { fromJson, toJson } from './json.mjs';
import { nodeAt, withNodeAt } from './node.mjs';
import { formatPath, MAX_DEPTH, parsePath, startsWith } from './paths.mjs';
import { select } from './query.mjs';
import { OPEN_RULES, Rules } from './rules.mjs';

const RECHECK_MS = 500;

/**
 * @typedef {{path: string[], before: Node|null, after: Node|null}} Change a place and what it held and holds
 * @typedef {{changes: Change[], before: Node|null, after: Node|null, identity: object, silent: boolean}} Commit
 */

/** Paths of a merge must not be inside one another. */
function checkDisjoint(paths) {
  const sorted = paths.map((path) => path.join('/')).sort((a, b) => (`${a}/` < `${b}/` ? -1 : 1));
  for (let i = 1; i < sorted.length; i += 1) {
    if (`${sorted[i]}/`.startsWith(`${sorted[i - 1]}/`)) {
      throw badRequest(`Invalid data; path '/${sorted[i]}' is the same as, or below, path '/${sorted[i - 1]}' of the same update.`);
    }
  }
}

/** A database of one name. */
export class Namespace {
  /**
   * @param {string} name
   * @param {{recordData?: Function, recordRules?: Function, onCommit?: Function}} hooks
   *   where changes are made durable before they are acknowledged, and who hears of commits
   */
  constructor(name, hooks = {}) {
    this.name = name;
    this.hooks = hooks;
    /** @type {import('./node.mjs').Node|null} */
    this.root = null;
    this.rules = new Rules(OPEN_RULES);
    this.hasOwnRules = false;
    /** @type {Set<import('./listener.mjs').Listener>} */
    this.listeners = new Set();
    this.recheck = null;
  }

  /** Replace the rules; listeners that may no longer read are cancelled. */
  setRules(text) {
    const rules = new Rules(text);
    this.hooks.recordRules?.(this.name, text);
    this.restoreRules(text, rules);
    this.recheckListeners();
  }

  /** Take over rules that are already recorded. */
  restoreRules(text, rules = new Rules(text)) {
    this.rules = rules;
    this.hasOwnRules = true;
  }

  /** Take over data that is already recorded. */
  restoreData(path, json) {
    this.root = withNodeAt(this.root, path, fromJson(json, { depth: path.length, now: 0 }));
  }

  mayRead(path, query, identity) {
    return identity.admin || this.rules.allowsRead(this.root, path, query, identity.auth, Date.now());
  }

  missingIndex(path, query) {
    return this.hasOwnRules ? this.rules.missingIndex(path, query) : null;
  }

  rootAfter(writes) {
    return writes.reduce((root, [path, node]) => withNodeAt(root, path, node), this.root);
  }

  /** May they make these writes, all at once? */
  mayWrite(writes, identity, now, after = this.rootAfter(writes)) {
    return identity.admin || this.rules.allowsWrite(this.root, after, writes.map(([path]) => path), identity.auth, now);
  }

  /** The node at `path`, or what the query selects of it. Throws a Refusal when rules forbid it. */
  read(path, query, identity) {
    if (!this.mayRead(path, query, identity)) throw denied();
    const node = nodeAt(this.root, path);
    return query === null ? node : select(node, query);
  }

  /**
   * Replace what is at `path`.
   * @param {string[]} path
   * @param {any} json
   * @param {object} identity
   * @param {{expectedHash?: string, silent?: boolean}} [options] write only over data of that hash; run no triggers
   * @returns the node that is there now
   */
  put(path, json, identity, { expectedHash, silent = false } = {}) {
    const now = Date.now();
    const existing = nodeAt(this.root, path);
    const node = fromJson(json, { depth: path.length, existing, now });
    if (expectedHash !== undefined && expectedHash !== (existing?.hash ?? '')) {
      // Who may read gets the new data and tries again; others could only guess until they give up.
      if (!this.mayRead(path, null, identity) && !this.mayWrite([[path, node]], identity, now)) throw denied();
      throw new Refusal(412, 'The data at this path has changed.', 'datastale');
    }
    this.commit([[path, node]], identity, now, silent);
    return nodeAt(this.root, path);
  }

  /** Replace several places below `path` at once: all of them or, when any is refused, none. Returns what is there now, as JSON. */
  merge(path, json, identity, { silent = false } = {}) {
    if (json === null || typeof json !== 'object' || Array.isArray(json)) throw badRequest('Invalid data; an update must be an object.');
    const now = Date.now();
    const writes = Object.keys(json).map((name) => {
      const place = [...path, ...parsePath(name)];
      if (place.length === path.length) throw badRequest('Invalid data; an update has an empty path.');
      if (place.length > MAX_DEPTH) throw badRequest(`Invalid data; it is deeper than ${MAX_DEPTH} levels.`);
      return [place, fromJson(json[name], { depth: place.length, existing: nodeAt(this.root, place), now })];
    });
    checkDisjoint(writes.map(([place]) => place));
    this.commit(writes, identity, now, silent);
    const written = Object.create(null);
    for (const [i, name] of Object.keys(json).entries()) written[name] = toJson(nodeAt(this.root, writes[i][0]));
    return written;
  }

  commit(writes, identity, now, silent) {
    if (writes.length === 0) return;
    const before = this.root;
    const after = this.rootAfter(writes);
    if (!this.mayWrite(writes, identity, now, after)) throw denied();
    this.hooks.recordData?.(this.name, writes.map(([path, node]) => [formatPath(path), toJson(node, { priorities: true, arrays: false })]));
    this.root = after;
    const changes = writes.map(([path]) => ({ path, before: nodeAt(before, path), after: nodeAt(after, path) }));
    const commit = { changes, before, after, identity, silent };
    for (const listener of [...this.listeners]) this.inform(listener, commit);
    this.hooks.onCommit?.(this, commit);
    this.recheckSoon();
  }

  inform(listener, commit) {
    const touched = commit.changes.filter(({ path }) => startsWith(path, listener.path) || startsWith(listener.path, path));
    if (touched.length === 0) return;
    if (this.mayRead(listener.path, listener.query, listener.identity())) listener.changed(commit, touched);
    else this.cancel(listener);
  }

  /** Begin to listen; the caller has sent what is there now. */
  addListener(listener) {
    this.listeners.add(listener);
  }

  removeListener(listener) {
    this.listeners.delete(listener);
  }

  cancel(listener) {
    this.listeners.delete(listener);
    listener.cancelled();
  }

  /** Cancel every listener that may no longer read its place. */
  recheckListeners() {
    for (const listener of [...this.listeners]) {
      if (!this.mayRead(listener.path, listener.query, listener.identity())) this.cancel(listener);
    }
  }

  /** Rules may depend on data elsewhere: look again soon after a write, though not after each. */
  recheckSoon() {
    if (this.recheck !== null || ![...this.listeners].some((listener) => !listener.identity().admin)) return;
    this.recheck = setTimeout(() => {
      this.recheck = null;
      this.recheckListeners();
    }, RECHECK_MS);
    this.recheck.unref();
  }
}
