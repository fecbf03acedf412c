/** What rules can name without declaring it: variables, functions and namespaces of functions. */
import { createHash } from 'node:crypto';

import { EvaluationError } from './errors.mjs';
import { DURATION_NAMESPACE, TIMESTAMP_NAMESPACE } from './times.mjs';
import { LatLng, Path, int64 } from './values.mjs';

/** The variables, and the members that can be read of them. `request.params` is not sent by the Storage emulator. */
export const VARIABLES = {
  request: ['auth', 'method', 'path', 'resource', 'time'],
  resource: [
    ...['bucket', 'cacheControl', 'contentDisposition', 'contentEncoding', 'contentLanguage', 'contentType', 'crc32c'],
    ...['etag', 'generation', 'md5Hash', 'metadata', 'metageneration', 'name', 'size', 'timeCreated', 'updated'],
  ],
};

export const FUNCTIONS = {
  bool: { takes: [['bool', 'string']], gives: toBool },
  debug: { takes: ['any'], gives: (value) => value },
  float: { takes: [['float', 'int', 'string']], gives: toFloat },
  int: { takes: [['float', 'int', 'string']], gives: toInt },
  path: { takes: ['string'], gives: (text) => new Path(text.split('/').filter((segment) => segment !== '')) },
  string: { takes: [['bool', 'float', 'int', 'null', 'path', 'string']], gives: toString },
};

export const NAMESPACES = {
  duration: DURATION_NAMESPACE,
  timestamp: TIMESTAMP_NAMESPACE,
  hashing: {
    md5: { takes: [['bytes', 'string']], gives: (input) => digest('md5', input) },
    sha256: { takes: [['bytes', 'string']], gives: (input) => digest('sha256', input) },
  },
  latlng: {
    value: { takes: ['number', 'number'], gives: toLatLng },
  },
  math: {
    abs: { takes: ['number'], gives: (value) => (typeof value === 'bigint' ? int64(value < 0n ? -value : value) : Math.abs(value)) },
    ceil: { takes: ['number'], gives: (value) => wholeNumber(value, Math.ceil) },
    floor: { takes: ['number'], gives: (value) => wholeNumber(value, Math.floor) },
    round: { takes: ['number'], gives: (value) => wholeNumber(value, (x) => Math.sign(x) * Math.round(Math.abs(x))) },
    isInfinite: { takes: ['number'], gives: (value) => Math.abs(Number(value)) === Infinity },
    isNaN: { takes: ['number'], gives: (value) => Number.isNaN(Number(value)) },
    pow: { takes: ['number', 'number'], gives: (base, exponent) => Number(base) ** Number(exponent) },
    sqrt: { takes: ['number'], gives: (value) => Math.sqrt(Number(value)) },
  },
};

/** Names that Firebase has and this runtime refuses, and why. */
export const REFUSED = {
  firestore: 'firestore.get() and firestore.exists() read Cloud Firestore, which is not part of this system',
  get: 'get() belongs to the rules of Cloud Firestore',
  exists: 'exists() belongs to the rules of Cloud Firestore',
  getAfter: 'getAfter() belongs to the rules of Cloud Firestore',
  existsAfter: 'existsAfter() belongs to the rules of Cloud Firestore',
};

function toBool(value) {
  if (typeof value === 'boolean') return value;
  const word = value.toLowerCase();
  if (word !== 'true' && word !== 'false') throw new EvaluationError(`bool() cannot read '${value}'.`);
  return word === 'true';
}

function toFloat(value) {
  if (typeof value !== 'string') return Number(value);
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value)) throw new EvaluationError(`float() cannot read '${value}'.`);
  return Number(value);
}

function toInt(value) {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return wholeNumber(value, Math.trunc);
  if (!/^[+-]?\d+$/.test(value)) throw new EvaluationError(`int() cannot read '${value}'.`);
  return int64(BigInt(value.replace(/^\+/, '')));
}

function toString(value) {
  // A whole float keeps its point, as in Java: 2.0, not 2.
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

function wholeNumber(value, rounded) {
  if (typeof value === 'bigint') return value;
  if (!Number.isFinite(value)) throw new EvaluationError('Integer overflow.');
  return int64(BigInt(rounded(value)));
}

function toLatLng(latitude, longitude) {
  if (Math.abs(Number(latitude)) > 90 || Math.abs(Number(longitude)) > 180) {
    throw new EvaluationError('latlng.value() takes -90 to 90 and -180 to 180 degrees.');
  }
  return new LatLng(Number(latitude), Number(longitude));
}

function digest(algorithm, input) {
  return new Uint8Array(createHash(algorithm).update(input).digest());
}
