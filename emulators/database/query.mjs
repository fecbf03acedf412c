/** Queries: read from REST parameters or the wire protocol, and answered from ordered indexes. */

import { badRequest } from './errors.mjs';
import { compareKeys, compareValues, MAX_NAME, MIN_NAME, Node, nodeAt, priorityOf } from './node.mjs';
import { parsePath } from './paths.mjs';

/**
 * @typedef {{value: any, name: string|null, inclusive: boolean}} Bound a place in the order; name null means any key
 * @typedef {{index: string, start: Bound|null, end: Bound|null, limit: number|null, fromEnd: boolean}} Query
 * @typedef {{value: Node|null, name: string}} Place where a child stands in an index
 */

const REST_PARAMETERS = ['startAt', 'startAfter', 'endAt', 'endBefore', 'equalTo', 'limitToFirst', 'limitToLast'];
const KEYWORDS = { $key: '.key', $value: '.value', $priority: '.priority' };

function parseJsonParameter(name, text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw badRequest(`Constraint ${name} is not valid JSON: quote strings, as in ${name}="text".`);
  }
  if (value !== null && typeof value === 'object') throw badRequest(`Constraint ${name} must be a string, a number, a boolean or null.`);
  return value;
}

function parseLimit(name, text) {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw badRequest(`${name} must be a positive integer`);
  return Number(text);
}

function checkIndex(name) {
  if (['.key', '.value', '.priority'].includes(name)) return name;
  const path = parsePath(name);
  if (path.length === 0) throw badRequest('orderBy must be a valid path');
  return path.join('/');
}

/**
 * The query of REST parameters, null when there is none.
 * @param {URLSearchParams} parameters
 * @returns {Query|null}
 */
export function queryFromParameters(parameters) {
  const given = new Map(REST_PARAMETERS.filter((name) => parameters.has(name)).map((name) => [name, parameters.get(name)]));
  if (!parameters.has('orderBy')) {
    if (given.size > 0) throw badRequest('orderBy must be defined when other query parameters are defined');
    return null;
  }
  const orderBy = parseJsonParameter('orderBy', parameters.get('orderBy'));
  if (typeof orderBy !== 'string') throw badRequest('orderBy must be a valid JSON encoded path');
  const index = KEYWORDS[orderBy] ?? checkIndex(orderBy);
  if (index.startsWith('.') && KEYWORDS[orderBy] === undefined) throw badRequest('orderBy must be a valid JSON encoded path');
  if (given.has('limitToFirst') && given.has('limitToLast')) throw badRequest('Only one of limitToFirst and limitToLast may be specified');
  const pick = (...names) => names.filter((name) => given.has(name));
  const starts = pick('startAt', 'startAfter', 'equalTo');
  const ends = pick('endAt', 'endBefore', 'equalTo');
  if (starts.length > 1 || ends.length > 1) throw badRequest(`Only one of ${(starts.length > 1 ? starts : ends).join(', ')} may be specified`);
  const bound = (names, exclusive) => {
    if (names.length === 0) return null;
    const value = parseJsonParameter(names[0], given.get(names[0]));
    return makeBound(index, value, null, names[0] !== exclusive);
  };
  const limitName = pick('limitToFirst', 'limitToLast')[0];
  return {
    index,
    start: bound(starts, 'startAfter'),
    end: bound(ends, 'endBefore'),
    limit: limitName === undefined ? null : parseLimit(limitName, given.get(limitName)),
    fromEnd: limitName === 'limitToLast',
  };
}

function makeBound(index, value, name, inclusive) {
  if (index === '.key') {
    if (typeof value !== 'string') throw badRequest('A bound of a query ordered by key must be a string.');
    return { value: null, name: value, inclusive };
  }
  return { value: value === null || value === undefined ? null : new Node(value, null), name, inclusive };
}

/**
 * The query of a wire protocol object, null when it asks for everything in the default order.
 * @param {any} wire
 * @returns {Query|null}
 */
export function queryFromWire(wire) {
  if (wire === null || typeof wire !== 'object') return null;
  const index = checkIndex(String(wire.i ?? '.priority'));
  const leaf = (value) => {
    if (value !== null && typeof value === 'object') throw badRequest('A bound of a query must not be an object.');
    return value;
  };
  const bound = (valueName, keyName, inclusiveName) => {
    if (wire[valueName] === undefined) return null;
    const name = typeof wire[keyName] === 'string' ? wire[keyName] : null;
    return makeBound(index, leaf(wire[valueName]), name, wire[inclusiveName] !== false);
  };
  const query = { index, start: bound('sp', 'sn', 'sin'), end: bound('ep', 'en', 'ein'), limit: null, fromEnd: wire.vf === 'r' };
  if (wire.l !== undefined) {
    if (!Number.isInteger(wire.l) || wire.l < 1) throw badRequest('The limit of a query must be a positive integer.');
    query.limit = wire.l;
  }
  const isDefault = index === '.priority' && query.start === null && query.end === null && query.limit === null;
  return isDefault ? null : query;
}

/** The value by which a child is ordered. */
function valueIn(index, child) {
  if (index === '.key') return null;
  if (index === '.value') return child;
  if (index === '.priority') return priorityOf(child);
  return nodeAt(child, index.split('/'));
}

function comparePlaces(a, b) {
  return compareValues(a.value, b.value) || compareKeys(a.name, b.name);
}

/** Compare a place with a bound: 0 only when they are the same place, or when the bound names no key and the values are equal. */
function compareToBound(place, bound) {
  return compareValues(place.value, bound.value) || (bound.name === null ? 0 : compareKeys(place.name, bound.name));
}

const afterStart = (place, bound) => {
  const order = compareToBound(place, bound);
  return bound.inclusive ? order >= 0 : order > 0;
};
const beforeEnd = (place, bound) => {
  const order = compareToBound(place, bound);
  return bound.inclusive ? order <= 0 : order < 0;
};

/** True when a child stands within the query's bounds (its limit left aside). */
export function inRange(query, key, child) {
  const place = { value: valueIn(query.index, child), name: key };
  return (query.start === null || afterStart(place, query.start)) && (query.end === null || beforeEnd(place, query.end));
}

/**
 * The children that the query selects, as a node; null when there are none. O(log n + selected) once the index is there.
 * @param {Node|null} node
 * @param {Query} query
 */
export function select(node, query) {
  const bounded = query.start !== null || query.end !== null || query.limit !== null;
  if (node === null || !bounded) return node;
  if (node.isLeaf) return null;
  const { start, end, limit, fromEnd } = query;
  const byKey = query.index === '.key';
  const place = byKey ? (key) => ({ value: null, name: key }) : (entry) => entry;
  const map = byKey ? node.children : node.index(query.index, comparePlaces, (name, child) => ({ value: valueIn(query.index, child), name }));
  const reachedStart = (key) => start === null || afterStart(place(key), start);
  const reachedEnd = (key) => end === null || beforeEnd(place(key), end);
  const [first, last] = fromEnd ? [reachedEnd, reachedStart] : [reachedStart, reachedEnd];
  const chosen = [];
  for (const [key, child] of map.walk(fromEnd, first)) {
    if (!last(key) || (limit !== null && chosen.length >= limit)) break;
    chosen.push([place(key).name, child]);
  }
  return Node.ofChildren(chosen, node.priority);
}

/** The query as security rules see it (`query.limitToFirst`, `query.orderByChild`, ...). */
export function queryForRules(query) {
  if (query === null) return undefined;
  const seen = {};
  if (query.index === '.key') seen.orderByKey = true;
  else if (query.index === '.value') seen.orderByValue = true;
  else if (query.index === '.priority') seen.orderByPriority = true;
  else seen.orderByChild = query.index;
  const plain = (bound) => (query.index === '.key' ? bound.name : (bound.value?.value ?? null));
  const { start, end } = query;
  const same = start !== null && end !== null && start.inclusive && end.inclusive && (query.index === '.key'
    ? start.name === end.name
    : compareValues(start.value, end.value) === 0 && [null, MIN_NAME].includes(start.name) && [null, MAX_NAME].includes(end.name));
  if (same) seen.equalTo = plain(start);
  if (start !== null) seen.startAt = plain(start);
  if (end !== null) seen.endAt = plain(end);
  if (query.limit !== null) seen[query.fromEnd ? 'limitToLast' : 'limitToFirst'] = query.limit;
  return seen;
}
