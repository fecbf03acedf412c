/**
 * The methods of each type: how many arguments they take, the types of these, and what they give.
 * What is not in this table does not exist; the checker refuses it when the rules are loaded.
 */
import { EvaluationError } from './errors.mjs';
import { everyMatch, wholeMatch } from './regex.mjs';
import { DURATION_METHODS, TIMESTAMP_METHODS } from './times.mjs';
import { MapDiff, Path, RulesSet, contains, typeOf } from './values.mjs';

const EARTH_RADIUS_M = 6_371_010;

const asSet = (items) => new RulesSet(items);
const itemsOf = (collection) => (collection instanceof RulesSet ? collection.items : collection);
const hasAll = (self, other) => itemsOf(other).every((item) => contains(itemsOf(self), item));
const hasAny = (self, other) => itemsOf(other).some((item) => contains(itemsOf(self), item));
const hasOnly = (self, other) => hasAll(self, other) && hasAll(other, self);
const size = (length) => BigInt(length);

/**
 * By type, by name: the types of the arguments, then the method.
 * "any" takes every value; an array of types takes one of them.
 * @type {Record<string, Record<string, {takes: (string | string[])[], gives: (self: any, ...args: any[]) => unknown}>>}
 */
export const METHODS = {
  string: {
    lower: { takes: [], gives: (self) => self.toLowerCase() },
    upper: { takes: [], gives: (self) => self.toUpperCase() },
    trim: { takes: [], gives: (self) => self.trim() },
    size: { takes: [], gives: (self) => size([...self].length) },
    toUtf8: { takes: [], gives: (self) => new Uint8Array(Buffer.from(self)) },
    matches: { takes: ['string'], gives: (self, pattern) => regex(wholeMatch, pattern).test(self) },
    split: { takes: ['string'], gives: split },
    // The replacement stands for itself: no "$1" in it.
    replace: { takes: ['string', 'string'], gives: (self, pattern, by) => self.replace(regex(everyMatch, pattern), () => by) },
  },
  bytes: {
    size: { takes: [], gives: (self) => size(self.length) },
    toBase64: { takes: [], gives: (self) => Buffer.from(self).toString('base64') },
    toHexString: { takes: [], gives: (self) => Buffer.from(self).toString('hex').toUpperCase() },
  },
  list: {
    concat: { takes: ['list'], gives: (self, other) => [...self, ...other] },
    hasAll: { takes: [['list', 'set']], gives: hasAll },
    hasAny: { takes: [['list', 'set']], gives: hasAny },
    hasOnly: { takes: [['list', 'set']], gives: hasOnly },
    join: { takes: ['string'], gives: join },
    removeAll: { takes: [['list', 'set']], gives: (self, other) => self.filter((item) => !contains(itemsOf(other), item)) },
    size: { takes: [], gives: (self) => size(self.length) },
    toSet: { takes: [], gives: asSet },
  },
  set: {
    difference: { takes: ['set'], gives: (self, other) => asSet(self.items.filter((item) => !contains(other.items, item))) },
    hasAll: { takes: [['list', 'set']], gives: hasAll },
    hasAny: { takes: [['list', 'set']], gives: hasAny },
    hasOnly: { takes: [['list', 'set']], gives: hasOnly },
    intersection: { takes: ['set'], gives: (self, other) => asSet(self.items.filter((item) => contains(other.items, item))) },
    size: { takes: [], gives: (self) => size(self.items.length) },
    union: { takes: ['set'], gives: (self, other) => asSet([...self.items, ...other.items]) },
  },
  map: {
    diff: { takes: ['map'], gives: (self, other) => new MapDiff(self, other) },
    get: { takes: [['string', 'list'], 'any'], gives: getOr },
    keys: { takes: [], gives: (self) => [...self.keys()] },
    size: { takes: [], gives: (self) => size(self.size) },
    values: { takes: [], gives: (self) => [...self.values()] },
  },
  map_diff: {
    addedKeys: { takes: [], gives: (self) => asSet(self.added) },
    affectedKeys: { takes: [], gives: (self) => asSet([...self.added, ...self.removed, ...self.changed]) },
    changedKeys: { takes: [], gives: (self) => asSet(self.changed) },
    removedKeys: { takes: [], gives: (self) => asSet(self.removed) },
    unchangedKeys: { takes: [], gives: (self) => asSet(self.unchanged) },
  },
  path: {
    bind: { takes: ['map'], gives: bind },
  },
  latlng: {
    latitude: { takes: [], gives: (self) => self.latitude },
    longitude: { takes: [], gives: (self) => self.longitude },
    distance: { takes: ['latlng'], gives: distance },
  },
  timestamp: TIMESTAMP_METHODS,
  duration: DURATION_METHODS,
};

/** The numbers of arguments with which a method of that name can be called, whatever its type; empty if there is none. */
export function knownArities(name) {
  return Object.values(METHODS)
    .filter((methods) => Object.hasOwn(methods, name))
    .map((methods) => methods[name].takes.length);
}

/** `self.name(args)` */
export function callMethod(self, name, args) {
  if (self === null) throw new EvaluationError('Null value error.');
  const type = typeOf(self);
  const methods = METHODS[type];
  if (!methods || !Object.hasOwn(methods, name)) throw new EvaluationError(`Function not found error: Name: [${name}] of ${type}.`);
  checkArguments(`${type}.${name}`, methods[name].takes, args);
  return methods[name].gives(self, ...args);
}

/** Raises unless the arguments are of the declared types. */
export function checkArguments(name, takes, args) {
  const fits = takes.length === args.length && takes.every((wanted, index) => accepts(wanted, typeOf(args[index])));
  if (!fits) throw new EvaluationError(`${name}() does not take (${args.map(typeOf).join(', ')}).`);
}

function accepts(wanted, actual) {
  if (Array.isArray(wanted)) return wanted.includes(actual);
  return wanted === 'any' || wanted === actual || (wanted === 'number' && (actual === 'int' || actual === 'float'));
}

function regex(compile, pattern) {
  try {
    return compile(pattern);
  } catch (error) {
    if (error instanceof SyntaxError) throw new EvaluationError(error.message);
    throw error;
  }
}

/** RE2 leaves captured groups out of what a split gives, JavaScript puts them in. */
function split(self, pattern) {
  const found = regex(everyMatch, pattern);
  const parts = [];
  let from = 0;
  for (const match of self.matchAll(found)) {
    if (match[0] === '') {
      if (match.index === 0 || match.index === self.length) continue;
    }
    parts.push(self.slice(from, match.index));
    from = match.index + match[0].length;
  }
  return [...parts, self.slice(from)];
}

function join(self, separator) {
  const odd = self.find((item) => typeof item !== 'string');
  if (odd !== undefined) throw new EvaluationError(`list.join() joins strings, not ${typeOf(odd)}.`);
  return self.join(separator);
}

/** The value at a key, or at the end of a list of keys, or else the default. */
function getOr(self, key, otherwise) {
  let value = self;
  for (const step of Array.isArray(key) ? key : [key]) {
    if (!(value instanceof Map) || !value.has(step)) return otherwise;
    value = value.get(step);
  }
  return value;
}

function bind(self, values) {
  const bound = self.segments.map((segment) => {
    const name = /^\$\(?(\w+)\)?$/.exec(segment)?.[1];
    if (!name) return segment;
    if (typeof values.get(name) !== 'string') throw new EvaluationError(`path.bind() has no string for ${name}.`);
    return values.get(name);
  });
  return new Path(bound);
}

function distance(self, other) {
  const radians = (degrees) => (degrees * Math.PI) / 180;
  const [a, b] = [radians(self.latitude), radians(other.latitude)];
  const haversine =
    Math.sin((b - a) / 2) ** 2 + Math.cos(a) * Math.cos(b) * Math.sin(radians(other.longitude - self.longitude) / 2) ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.sqrt(haversine));
}
