/** Locations: arrays of checked keys. */

import { badRequest } from './errors.mjs';

export const MAX_DEPTH = 32;
const MAX_KEY_BYTES = 768;
// eslint-disable-next-line no-control-regex -- control characters are what is refused
const FORBIDDEN = /[.#$[\]/\u0000-\u001f\u007f]/;

/** Refuse a key that the Realtime Database cannot hold. */
export function checkKey(key) {
  if (key === '') throw badRequest('Invalid data; couldn\'t parse key beginning at "". Keys must not be empty.');
  if (FORBIDDEN.test(key)) {
    throw badRequest(`Invalid data; couldn't parse key ${JSON.stringify(key)}. Key value can't be empty or contain $ # [ ] / or .`);
  }
  if (key.length > MAX_KEY_BYTES / 4 && Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw badRequest(`Invalid data; a key is longer than ${MAX_KEY_BYTES} bytes.`);
  }
}

/** Split a plain path (no percent escapes) into checked keys. */
export function parsePath(text) {
  const path = String(text).split('/').filter((part) => part !== '');
  if (path.length > MAX_DEPTH) throw badRequest(`Invalid path: it is deeper than ${MAX_DEPTH} levels.`);
  for (const key of path) {
    if (FORBIDDEN.test(key)) throw badRequest('Invalid path: Invalid token in path');
    checkKey(key);
  }
  return path;
}

/** Split the path of a URL, percent escapes decoded, into checked keys. */
export function parseUrlPath(text) {
  let decoded;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw badRequest('Invalid path: malformed percent encoding');
  }
  return parsePath(decoded);
}

export const formatPath = (path) => `/${path.join('/')}`;

/** True when `prefix` is `path` or an ancestor of it. */
export function startsWith(path, prefix) {
  return prefix.length <= path.length && prefix.every((key, i) => key === path[i]);
}
