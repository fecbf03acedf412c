/** What a listener is told of a commit: the smallest change of what it sees. */

import { nodeAt, sameNode } from './node.mjs';
import { inRange, select } from './query.mjs';

/**
 * @typedef {{
 *   put: (path: string[], node: Node|null) => void,
 *   merge: (children: Array<[string[], Node|null]>) => void,
 *   cancelled: () => void,
 * }} Sink where the changes go; paths are below the listener's own
 */

/** One place, or one query on it, that somebody watches. */
export class Listener {
  /**
   * @param {string[]} path
   * @param {import('./query.mjs').Query|null} query
   * @param {() => object} identity who watches, asked again before each event
   * @param {Sink} sink
   */
  constructor(path, query, identity, sink) {
    this.path = path;
    this.query = query;
    this.identity = identity;
    this.sink = sink;
  }

  cancelled() {
    this.sink.cancelled();
  }

  /** Pass on what `touched`, the changes of the commit on this listener's branch, do to what it sees. */
  changed(commit, touched) {
    const before = nodeAt(commit.before, this.path);
    const after = nodeAt(commit.after, this.path);
    if (before === after) return;
    if (this.query !== null) {
      this.changedSelection(before, after, touched);
      return;
    }
    if (touched.some(({ path }) => path.length <= this.path.length)) {
      this.sink.put([], after);
      return;
    }
    const changes = touched.map((change) => [change.path.slice(this.path.length), change.after]);
    if (changes.length === 1) this.sink.put(...changes[0]);
    else this.sink.merge(changes);
  }

  changedSelection(before, after, touched) {
    if (before === null || after === null || before.isLeaf || after.isLeaf || before.priority !== after.priority) {
      const [old, now] = [select(before, this.query), select(after, this.query)];
      if (!sameNode(old, now)) this.sink.put([], now);
      return;
    }
    const changes = this.query.limit === null && touched.every(({ path }) => path.length > this.path.length)
      ? this.changesOfChildren(before, after, new Set(touched.map(({ path }) => path[this.path.length])))
      : changesOfSelections(select(before, this.query), select(after, this.query));
    if (changes.length > 0) this.sink.merge(changes);
  }

  /** Without a limit only the written children can enter or leave: no need to look at the others. */
  changesOfChildren(before, after, keys) {
    const seen = (key, node) => (node !== null && inRange(this.query, key, node) ? node : null);
    const changes = [];
    for (const key of keys) {
      const now = seen(key, after.child(key));
      if (!sameNode(seen(key, before.child(key)), now)) changes.push([[key], now]);
    }
    return changes;
  }
}

function changesOfSelections(old, now) {
  const changes = [];
  for (const [key] of old?.children ?? []) if ((now?.child(key) ?? null) === null) changes.push([[key], null]);
  for (const [key, child] of now?.children ?? []) if (!sameNode(old?.child(key) ?? null, child)) changes.push([[key], child]);
  return changes;
}
