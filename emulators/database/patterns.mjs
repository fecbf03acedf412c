/** Path patterns of function triggers: literal keys, `*`, `{name}`, `{name=*}` and globs such as `store-*`. */

import { badRequest } from './errors.mjs';

const escape = (text) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');

/** A test for one segment: a string for a literal, null for "any", else a regular expression. */
function segment(text) {
  const capture = /^\{[^/{}=]+(?:=([^{}]*))?\}$/.exec(text);
  const glob = capture === null ? text : (capture[1] ?? '*');
  if (glob.includes('**')) throw badRequest(`Multi-segment wildcards are not supported in ${JSON.stringify(text)}.`);
  if (glob === '*') return null;
  return glob.includes('*') ? new RegExp(`^${glob.split('*').map(escape).join('.*')}$`) : glob;
}

/** A compiled pattern: one test per segment. */
export function compilePattern(text) {
  return text.split('/').filter((part) => part !== '').map(segment);
}

const accepts = (test, key) => test === null || (typeof test === 'string' ? test === key : test.test(key));

/** True when a single name (a namespace) fits a one-segment pattern. */
export function matchesName(pattern, name) {
  return pattern.length === 1 && accepts(pattern[0], name);
}

function* childKeys(before, after) {
  for (const [key] of before?.children ?? []) yield key;
  for (const [key] of after?.children ?? []) if ((before?.child(key) ?? null) === null) yield key;
}

/**
 * The places that fit `pattern` on the branch of a write at `written` whose nodes are not identical before and after.
 * Above and at the written path there is one key to follow; below it only children that were replaced are entered.
 */
export function* changedPlaces(pattern, written, before, after, path = []) {
  if (before === after) return;
  const depth = path.length;
  if (depth === pattern.length) {
    yield { path, before, after };
    return;
  }
  const test = pattern[depth];
  let keys;
  if (depth < written.length) keys = accepts(test, written[depth]) ? [written[depth]] : [];
  else if (typeof test === 'string') keys = [test];
  else keys = childKeys(before, after);
  for (const key of keys) {
    if (!accepts(test, key)) continue;
    yield* changedPlaces(pattern, written, before?.child(key) ?? null, after?.child(key) ?? null, [...path, key]);
  }
}
