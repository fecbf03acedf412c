/** JSON in and out: keys, depth and sizes checked, server values resolved, arrays as the Realtime Database treats them. */

import { badRequest } from './errors.mjs';
import { keyAsInteger, Node } from './node.mjs';
import { checkKey, MAX_DEPTH } from './paths.mjs';

const MAX_STRING_BYTES = 10 * 1024 * 1024;

/** Parse a request body. */
export function parseBody(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest("Invalid data; couldn't parse JSON object, array, or value.");
  }
}

function checkLeaf(value) {
  if (typeof value === 'string' && value.length > MAX_STRING_BYTES / 4 && Buffer.byteLength(value) > MAX_STRING_BYTES) {
    throw badRequest('Invalid data; a string value is larger than 10485760 bytes.');
  }
  return value;
}

function checkPriority(value, now) {
  if (value === undefined || value === null) return null;
  if (typeof value === 'object' && value['.sv'] === 'timestamp') return now;
  if (typeof value === 'string' || typeof value === 'number') return checkLeaf(value);
  throw badRequest('Invalid data; a priority must be a string or a number.');
}

function serverValue(spec, existing, now) {
  if (spec === 'timestamp') return now;
  const delta = spec?.increment;
  if (typeof delta === 'number' && Object.keys(spec).length === 1) {
    return typeof existing?.value === 'number' ? existing.value + delta : delta;
  }
  throw badRequest(`Invalid data; unknown server value ${JSON.stringify(spec)}.`);
}

/**
 * Make a node of parsed JSON; null for nothing.
 * @param {any} json
 * @param {{depth: number, existing?: Node|null, now: number}} at how deep the place is, what is there, and the time of the write
 */
export function fromJson(json, { depth, existing = null, now }) {
  if (json === null) return null;
  if (typeof json !== 'object') return new Node(checkLeaf(json), null);
  if (depth > MAX_DEPTH) throw badRequest(`Invalid data; it is deeper than ${MAX_DEPTH} levels.`);
  const priority = Array.isArray(json) ? null : checkPriority(json['.priority'], now);
  if (Object.hasOwn(json, '.sv')) return new Node(serverValue(json['.sv'], existing, now), null, priority);
  if (Object.hasOwn(json, '.value')) {
    const value = json['.value'];
    if (value === null) return null;
    if (typeof value === 'object' && Object.hasOwn(value, '.sv')) return new Node(serverValue(value['.sv'], existing, now), null, priority);
    if (typeof value === 'object') throw badRequest('Invalid data; ".value" must be a string, a number or a boolean.');
    return new Node(checkLeaf(value), null, priority);
  }
  const entries = [];
  for (const key of Object.keys(json)) {
    if (key === '.priority') continue;
    checkKey(key);
    if (depth === MAX_DEPTH) throw badRequest(`Invalid data; it is deeper than ${MAX_DEPTH} levels.`);
    const child = fromJson(json[key], { depth: depth + 1, existing: existing?.child(key) ?? null, now });
    if (child !== null) entries.push([key, child]);
  }
  return Node.ofChildren(entries, priority);
}

/** The length of the array that these children make, or -1: integer keys of which more than half are there. */
function arrayLength(children) {
  let last = -1;
  for (const [key] of children) {
    const index = keyAsInteger(key);
    if (index === null || index < 0) return -1;
    last = index;
  }
  return last < 2 * children.size ? last + 1 : -1;
}

/**
 * JSON of a node. Objects have no prototype, so that a key such as `__proto__` is a key like any other.
 * @param {Node|null} node
 * @param {{priorities?: boolean, arrays?: boolean}} [form] write `.priority`; turn dense integer keys into arrays
 */
export function toJson(node, { priorities = false, arrays = true } = {}) {
  if (node === null) return null;
  const own = priorities && node.priority !== null;
  if (node.isLeaf && !own) return node.value;
  const json = Object.create(null);
  if (own) json['.priority'] = node.priority;
  if (node.isLeaf) {
    json['.value'] = node.value;
    return json;
  }
  const length = arrays && !own ? arrayLength(node.children) : -1;
  const target = length >= 0 ? new Array(length).fill(null) : json;
  for (const [key, child] of node.children) target[key] = toJson(child, { priorities, arrays });
  return target;
}

/** JSON of a node one level deep: `true` for every child. */
export function toShallowJson(node) {
  if (node === null || node.isLeaf) return toJson(node);
  const json = Object.create(null);
  for (const [key] of node.children) json[key] = true;
  return json;
}
