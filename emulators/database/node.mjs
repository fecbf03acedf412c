/** The data: an immutable tree of nodes, and the order in which the Realtime Database sorts keys and values. */

import { createHash } from 'node:crypto';

import { OrderedMap } from './ordered.mjs';

export const MIN_NAME = '[MIN_NAME]';
export const MAX_NAME = '[MAX_NAME]';
const INTEGER = /^(0|-?[1-9]\d{0,9})$/;
const MAX_INT32 = 2147483647;
const MIN_INT32 = -2147483648;
const MAX_INDEXES = 8;

/** A key as a 32-bit integer, or null. */
export function keyAsInteger(key) {
  const first = key.charCodeAt(0);
  if (first > 57 || !INTEGER.test(key)) return null;
  const number = Number(key);
  return number >= MIN_INT32 && number <= MAX_INT32 ? number : null;
}

/** Order of keys: integers by value, then the others by code units. */
export function compareKeys(a, b) {
  if (a === b) return 0;
  if (a === MIN_NAME || b === MAX_NAME) return -1;
  if (b === MIN_NAME || a === MAX_NAME) return 1;
  const x = keyAsInteger(a);
  const y = keyAsInteger(b);
  if (x !== null && y !== null) return x - y || a.length - b.length;
  if (x !== null) return -1;
  if (y !== null) return 1;
  return a < b ? -1 : 1;
}

const sha1 = (text) => createHash('sha1').update(text, 'utf8').digest('base64');

function leafText(value) {
  if (typeof value !== 'number') return `${typeof value}:${value}`;
  const bits = Buffer.alloc(8);
  bits.writeDoubleBE(value);
  return `number:${bits.toString('hex')}`;
}

/** A place with a value: a leaf (string, number, boolean) or children, each with an optional priority. Absent places are null. */
export class Node {
  /**
   * @param {string|number|boolean|null} value the leaf's value, null for a node with children
   * @param {OrderedMap|null} children
   * @param {string|number|null} [priority]
   */
  constructor(value, children, priority = null) {
    this.value = value;
    this.children = children;
    this.priority = priority;
    this.cachedHash = null;
    /** @type {Map<string, {keyOf: Function, map: OrderedMap}>|null} */
    this.indexes = null;
  }

  /** A node of these `[key, node]` pairs, null when there are none. */
  static ofChildren(entries, priority = null) {
    return entries.length === 0 ? null : new Node(null, OrderedMap.from(compareKeys, entries), priority);
  }

  get isLeaf() {
    return this.children === null;
  }

  /** The child of that key, or null. */
  child(key) {
    return this.children?.get(key) ?? null;
  }

  /** This node with one child replaced (null removes it); null when nothing is left. Indexes are carried along. */
  withChild(key, child) {
    const old = this.child(key);
    if (old === child) return this;
    const before = this.children ?? new OrderedMap(compareKeys);
    const children = child === null ? before.delete(key) : before.set(key, child);
    if (children.size === 0) return null;
    const node = new Node(null, children, this.priority);
    if (this.indexes !== null) {
      node.indexes = new Map();
      for (const [name, { keyOf, map }] of this.indexes) {
        let next = old === null ? map : map.delete(keyOf(key, old));
        if (child !== null) next = next.set(keyOf(key, child), child);
        node.indexes.set(name, { keyOf, map: next });
      }
    }
    return node;
  }

  /** The children ordered by what `keyOf` makes of them; built once and then kept up by `withChild`. */
  index(name, compare, keyOf) {
    this.indexes ??= new Map();
    let index = this.indexes.get(name);
    if (index === undefined) {
      const entries = [...this.children].map(([key, child]) => [keyOf(key, child), child]);
      index = { keyOf, map: OrderedMap.from(compare, entries) };
      if (this.indexes.size >= MAX_INDEXES) this.indexes.delete(this.indexes.keys().next().value);
      this.indexes.set(name, index);
    }
    return index.map;
  }

  /** The hash of the wire protocol: what a client compares before it sends or receives. */
  get hash() {
    if (this.cachedHash === null) {
      let text = this.priority === null ? '' : `priority:${leafText(this.priority)}:`;
      if (this.isLeaf) text += leafText(this.value);
      else for (const [key, child] of childrenByPriority(this)) text += `:${key}:${child.hash}`;
      this.cachedHash = sha1(text);
    }
    return this.cachedHash;
  }
}

function childrenByPriority(node) {
  const entries = [...node.children];
  if (entries.some(([, child]) => child.priority !== null)) {
    entries.sort((a, b) => compareValues(priorityOf(a[1]), priorityOf(b[1])) || compareKeys(a[0], b[0]));
  }
  return entries;
}

/** A node's priority as a node, for comparing. */
export const priorityOf = (node) => (node.priority === null ? null : new Node(node.priority, null));

function rank(node) {
  if (node === null) return 0;
  if (!node.isLeaf) return 4;
  return { boolean: 1, number: 2, string: 3 }[typeof node.value];
}

/** Order of values: null, false, true, numbers, strings, objects (which are equal among themselves). */
export function compareValues(a, b) {
  const order = rank(a) - rank(b);
  if (order !== 0 || a === null || !a.isLeaf || a.value === b.value) return order;
  return a.value < b.value ? -1 : 1;
}

/** The node at `path` below `node`, or null. */
export function nodeAt(node, path) {
  for (const key of path) {
    if (node === null) return null;
    node = node.child(key);
  }
  return node;
}

/** The tree with `value` (a node or null) at `path`. */
export function withNodeAt(node, path, value, depth = 0) {
  if (depth === path.length) return value;
  const key = path[depth];
  const child = withNodeAt(node?.child(key) ?? null, path, value, depth + 1);
  if (node === null || node.isLeaf) return child === null ? node : Node.ofChildren([[key, child]], node?.priority ?? null);
  return node.withChild(key, child);
}

/** True when both hold the same data and priorities. */
export function sameNode(a, b) {
  if (a === b) return true;
  if (a === null || b === null || a.priority !== b.priority || a.isLeaf !== b.isLeaf) return false;
  if (a.isLeaf) return a.value === b.value;
  if (a.children.size !== b.children.size) return false;
  for (const [key, child] of a.children) if (!sameNode(child, b.child(key))) return false;
  return true;
}
