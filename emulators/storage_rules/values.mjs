/**
 * The values that rules compute with.
 *
 * null, boolean and string are JavaScript's own; an integer (64 bits) is a BigInt, a float a number, a list an
 * Array, a map a Map with string keys, bytes a Uint8Array. The other types are the classes below.
 */
import { EvaluationError } from './errors.mjs';

const NANOS_PER_MILLI = 1_000_000n;

/** A point in time, in nanoseconds since 1970. */
export class Timestamp {
  /** @param {bigint} nanos */
  constructor(nanos) {
    this.nanos = nanos;
  }

  /** @param {number} millis */
  static fromMillis(millis) {
    if (!Number.isFinite(millis)) throw new EvaluationError('Invalid timestamp value.');
    return new Timestamp(BigInt(millis) * NANOS_PER_MILLI);
  }

  /** The moment as a Date; what is below a millisecond is cut off towards the past. */
  toDate() {
    return new Date(Number(floorDivide(this.nanos, NANOS_PER_MILLI)));
  }
}

/** A span of time, in nanoseconds. */
export class Duration {
  /** @param {bigint} nanos */
  constructor(nanos) {
    this.nanos = nanos;
  }
}

/** A place on the earth, in degrees. */
export class LatLng {
  /**
   * @param {number} latitude
   * @param {number} longitude
   */
  constructor(latitude, longitude) {
    this.latitude = latitude;
    this.longitude = longitude;
  }
}

/** A path, as its segments. */
export class Path {
  /** @param {string[]} segments */
  constructor(segments) {
    this.segments = segments;
  }

  toString() {
    return `/${this.segments.join('/')}`;
  }
}

/** A set of values, each once. */
export class RulesSet {
  /** @param {unknown[]} items */
  constructor(items) {
    /** @type {unknown[]} */
    this.items = [];
    for (const item of items) if (!contains(this.items, item)) this.items.push(item);
  }
}

/** The keys in which two maps differ. */
export class MapDiff {
  /**
   * @param {Map<string, unknown>} after
   * @param {Map<string, unknown>} before
   */
  constructor(after, before) {
    const inBoth = [...after.keys()].filter((key) => before.has(key));
    this.added = [...after.keys()].filter((key) => !before.has(key));
    this.removed = [...before.keys()].filter((key) => !after.has(key));
    this.changed = inBoth.filter((key) => !equals(after.get(key), before.get(key)));
    this.unchanged = inBoth.filter((key) => equals(after.get(key), before.get(key)));
  }
}

const CLASSES = [
  [Timestamp, 'timestamp'],
  [Duration, 'duration'],
  [LatLng, 'latlng'],
  [Path, 'path'],
  [RulesSet, 'set'],
  [MapDiff, 'map_diff'],
  [Map, 'map'],
  [Uint8Array, 'bytes'],
];
const PRIMITIVES = { boolean: 'bool', bigint: 'int', number: 'float', string: 'string' };

/** The name of a value's type, as `is` knows it ("null" for null). */
export function typeOf(value) {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  const primitive = PRIMITIVES[typeof value];
  if (primitive) return primitive;
  const known = CLASSES.find(([type]) => value instanceof type);
  if (!known) throw new Error(`a value of no known type: ${String(value)}`);
  return known[1];
}

/** Whether two values are equal: deep, and 1 equals 1.0. */
export function equals(left, right) {
  const type = typeOf(left);
  if (isNumber(left) && isNumber(right)) return left == right; // an int and a float compare by value
  if (type !== typeOf(right)) return false;
  switch (type) {
    case 'list':
      return left.length === right.length && left.every((item, index) => equals(item, right[index]));
    case 'map':
      return left.size === right.size && [...left].every(([key, item]) => right.has(key) && equals(item, right.get(key)));
    case 'set':
      return left.items.length === right.items.length && left.items.every((item) => contains(right.items, item));
    case 'timestamp':
    case 'duration':
      return left.nanos === right.nanos;
    case 'latlng':
      return left.latitude === right.latitude && left.longitude === right.longitude;
    case 'path':
      return left.toString() === right.toString();
    case 'bytes':
      return Buffer.compare(left, right) === 0;
    default:
      return left === right;
  }
}

/** Whether a list of values holds one. */
export function contains(items, value) {
  return items.some((item) => equals(item, value));
}

export function isNumber(value) {
  return typeof value === 'bigint' || typeof value === 'number';
}

/** An integer that fits 64 bits; anything larger is an error, as in the service. */
export function int64(value) {
  if (BigInt.asIntN(64, value) !== value) throw new EvaluationError('Integer overflow.');
  return value;
}

/** Division that rounds towards minus infinity. */
export function floorDivide(value, divisor) {
  const quotient = value / divisor;
  return value % divisor < 0n ? quotient - 1n : quotient;
}
