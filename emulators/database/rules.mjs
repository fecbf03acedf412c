/** Security rules of one namespace: targaryen evaluates them; this module gives it the data without copying any. */

import targaryen from 'targaryen';

import { badRequest } from './errors.mjs';
import { toJson } from './json.mjs';
import { nodeAt } from './node.mjs';
import { formatPath } from './paths.mjs';
import { queryForRules } from './query.mjs';
import { lineAndColumn, offsetOf, parseRulesText } from './rulestext.mjs';

export const OPEN_RULES = JSON.stringify({ rules: { '.read': true, '.write': true } });
const KINDS = ['.read', '.write', '.validate'];

const split = (path) => path.split('/').filter((part) => part !== '');

/** What rules call `root`, `data` and `newData`: a view of the tree at a path; making one costs nothing. */
class Snapshot {
  #root;
  #path;
  #node;

  constructor(root, path) {
    this.#root = root;
    this.#path = path;
  }

  get node() {
    this.#node ??= nodeAt(this.#root, this.#path);
    return this.#node;
  }

  val() {
    return toJson(this.node, { arrays: false });
  }

  getPriority() {
    return this.node?.priority ?? null;
  }

  exists() {
    return this.node !== null;
  }

  child(path) {
    if (typeof path !== 'string') throw new TypeError(`${path} should be a string.`);
    return new Snapshot(this.#root, [...this.#path, ...split(path)]);
  }

  parent() {
    if (this.#path.length === 0) throw new RangeError('The root has no parent.');
    return new Snapshot(this.#root, this.#path.slice(0, -1));
  }

  hasChild(path) {
    return split(path).length > 0 && this.child(path).exists();
  }

  hasChildren(names) {
    if (names === undefined) return this.node !== null && !this.node.isLeaf;
    if (names.length === 0) throw new RangeError('hasChildren() requires a non-empty array.');
    return names.every((name) => this.hasChild(name));
  }

  isNumber() {
    return typeof this.node?.value === 'number';
  }

  isString() {
    return typeof this.node?.value === 'string';
  }

  isBoolean() {
    return typeof this.node?.value === 'boolean';
  }

  toString() {
    return this.#path.join('/');
  }
}

/** A state of the data as targaryen's rule set asks for it. */
class View {
  constructor(root, auth, now) {
    this.root = root;
    this.auth = auth;
    this.timestamp = now;
    this.debug = false;
  }

  snapshot(path) {
    return new Snapshot(this.root, split(path));
  }

  /** Call back with every place below `path`; a true answer leaves out what is below it. */
  walk(path, callback) {
    const visit = (node, here) => {
      if (node === null || node.isLeaf) return;
      for (const [key, child] of node.children) {
        const place = [...here, key];
        if (!callback(new Snapshot(this.root, place))) visit(child, place);
      }
    };
    const start = split(path);
    visit(nodeAt(this.root, start), start);
  }
}

/** Compile; a data key such as `constructor` must not find what rule nodes inherit, hence the bare prototype. */
function compile(json) {
  const ruleset = targaryen.ruleset(json);
  const prototype = Object.getPrototypeOf(ruleset.root);
  if (Object.getPrototypeOf(prototype) !== null) {
    delete prototype.constructor;
    Object.setPrototypeOf(prototype, null);
  }
  return ruleset;
}

/** Paths of all expressions in a rules object. */
function* expressions(rules, path) {
  for (const [key, value] of Object.entries(rules)) {
    if (KINDS.includes(key) || key === '.indexOn') yield [path, key, value];
    else if (value !== null && typeof value === 'object') yield* expressions(value, [...path, key]);
  }
}

function compiles(path, kind, value) {
  let rules = { [kind]: value };
  for (const key of [...path].reverse()) rules = { [key]: rules };
  try {
    targaryen.ruleset({ rules });
    return true;
  } catch {
    return false;
  }
}

/** The line of the expression that does not compile; the line of `"rules"` when the fault is in the structure. */
function faultLine(text, json) {
  for (const [path, kind, value] of expressions(json?.rules ?? {}, [])) {
    if (!compiles(path, kind, value)) return lineAndColumn(text, offsetOf(text, ['rules', ...path, kind]));
  }
  return lineAndColumn(text, offsetOf(text, ['rules']));
}

/** The compiled rules of a namespace. */
export class Rules {
  /** @param {string} text the rules file; a fault in it throws a Refusal that names the line */
  constructor(text) {
    this.text = text;
    try {
      this.json = parseRulesText(text);
    } catch (error) {
      throw badRequest(error.message);
    }
    try {
      this.ruleset = compile(this.json);
    } catch (error) {
      throw badRequest(`${faultLine(text, this.json)}: ${error.message}`);
    }
  }

  /** May `auth` read `path` (with that query)? */
  allowsRead(root, path, query, auth, now) {
    const options = { now, query: queryForRules(query) };
    return this.ruleset.tryRead(path.join('/'), new View(root, auth, now), options).allowed;
  }

  /** May `auth` turn `before` into `after` by writing at each of `paths`? */
  allowsWrite(before, after, paths, auth, now) {
    const old = new View(before, auth, now);
    const next = new View(after, auth, now);
    return paths.every((path) => this.ruleset.tryWrite(path.join('/'), old, next, null).allowed);
  }

  /** The complaint about an index that the query needs and the rules do not define, or null. */
  missingIndex(path, query) {
    if (query === null || query.index === '.key' || query.index === '.priority') return null;
    let rules = this.json.rules;
    for (const key of path) {
      const wildcard = Object.keys(rules).find((name) => name.startsWith('$'));
      rules = Object.hasOwn(rules, key) ? rules[key] : rules[wildcard];
      if (rules === null || typeof rules !== 'object') break;
    }
    const indexes = [rules?.['.indexOn'] ?? []].flat();
    if (indexes.some((name) => split(name).join('/') === query.index)) return null;
    return `Index not defined, add ".indexOn": "${query.index}", for path "${formatPath(path)}", to the rules`;
  }
}
