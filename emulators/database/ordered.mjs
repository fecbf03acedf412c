/**
 * A persistent ordered map (an AVL tree): every change makes a new map that shares all but O(log n) entries
 * with the old one, so the state before a write stays at hand for rules, listeners and triggers.
 */

/** @typedef {{key: any, value: any, left: Entry|null, right: Entry|null, height: number, size: number}} Entry */

const height = (t) => (t === null ? 0 : t.height);
const size = (t) => (t === null ? 0 : t.size);

function make(key, value, left, right) {
  return { key, value, left, right, height: Math.max(height(left), height(right)) + 1, size: size(left) + size(right) + 1 };
}

function balance(key, value, left, right) {
  if (height(left) > height(right) + 1) {
    const { left: a, right: b } = left;
    if (height(a) >= height(b)) return make(left.key, left.value, a, make(key, value, b, right));
    return make(b.key, b.value, make(left.key, left.value, a, b.left), make(key, value, b.right, right));
  }
  if (height(right) > height(left) + 1) {
    const { left: a, right: b } = right;
    if (height(b) >= height(a)) return make(right.key, right.value, make(key, value, left, a), b);
    return make(a.key, a.value, make(key, value, left, a.left), make(right.key, right.value, a.right, b));
  }
  return make(key, value, left, right);
}

function insert(t, key, value, compare) {
  if (t === null) return make(key, value, null, null);
  const order = compare(key, t.key);
  if (order === 0) return make(key, value, t.left, t.right);
  if (order < 0) return balance(t.key, t.value, insert(t.left, key, value, compare), t.right);
  return balance(t.key, t.value, t.left, insert(t.right, key, value, compare));
}

function removeFirst(t) {
  return t.left === null ? t.right : balance(t.key, t.value, removeFirst(t.left), t.right);
}

function remove(t, key, compare) {
  if (t === null) return null;
  const order = compare(key, t.key);
  if (order < 0) return balance(t.key, t.value, remove(t.left, key, compare), t.right);
  if (order > 0) return balance(t.key, t.value, t.left, remove(t.right, key, compare));
  if (t.left === null) return t.right;
  if (t.right === null) return t.left;
  let next = t.right;
  while (next.left !== null) next = next.left;
  return balance(next.key, next.value, t.left, removeFirst(t.right));
}

function build(entries, from, to) {
  if (from >= to) return null;
  const middle = (from + to) >> 1;
  const [key, value] = entries[middle];
  return make(key, value, build(entries, from, middle), build(entries, middle + 1, to));
}

/** An immutable map ordered by `compare`. */
export class OrderedMap {
  /**
   * @param {(a: any, b: any) => number} compare
   * @param {Entry|null} [root]
   */
  constructor(compare, root = null) {
    this.compare = compare;
    this.root = root;
  }

  /** Build from `[key, value]` pairs with distinct keys, in any order. */
  static from(compare, entries) {
    const sorted = entries.sort((a, b) => compare(a[0], b[0]));
    return new OrderedMap(compare, build(sorted, 0, sorted.length));
  }

  get size() {
    return size(this.root);
  }

  get(key) {
    let t = this.root;
    while (t !== null) {
      const order = this.compare(key, t.key);
      if (order === 0) return t.value;
      t = order < 0 ? t.left : t.right;
    }
    return undefined;
  }

  set(key, value) {
    return new OrderedMap(this.compare, insert(this.root, key, value, this.compare));
  }

  delete(key) {
    return this.get(key) === undefined ? this : new OrderedMap(this.compare, remove(this.root, key, this.compare));
  }

  [Symbol.iterator]() {
    return this.walk(false);
  }

  /**
   * Entries in order, or in reverse, beginning at the first one that `reached` accepts. `reached` must be false for a
   * run of entries at the beginning of that direction and true for all after it.
   * @param {boolean} reverse
   * @param {(key: any) => boolean} [reached]
   */
  *walk(reverse, reached = () => true) {
    const [near, far] = reverse ? ['right', 'left'] : ['left', 'right'];
    const stack = [];
    let t = this.root;
    while (t !== null) {
      if (reached(t.key)) {
        stack.push(t);
        t = t[near];
      } else {
        t = t[far];
      }
    }
    while (stack.length > 0) {
      const entry = stack.pop();
      yield [entry.key, entry.value];
      for (t = entry[far]; t !== null; t = t[near]) stack.push(t);
    }
  }
}
