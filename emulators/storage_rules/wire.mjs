/** The tagged values of the Storage emulator's protocol, read into the values of rules. */
import { Duration, LatLng, Path, RulesSet, Timestamp, int64 } from './values.mjs';

const READERS = {
  null_value: () => null,
  bool_value: (value) => expectType(value, 'boolean'),
  string_value: (value) => expectType(value, 'string'),
  int_value: (value) => int64(BigInt(value)),
  float_value: (value) => expectType(value, 'number'),
  bytes_value: (value) => new Uint8Array(Buffer.from(expectType(value, 'string'), 'base64')),
  timestamp_value: readTimestamp,
  duration_value: (value) => new Duration(BigInt(value.seconds ?? 0) * 1_000_000_000n + BigInt(value.nanos ?? 0)),
  latlng_value: (value) => new LatLng(expectType(value.lat, 'number'), expectType(value.lng, 'number')),
  list_value: (value) => (value.values ?? []).map(readValue),
  set_value: (value) => new RulesSet((value.values ?? []).map(readValue)),
  map_value: (value) => new Map(Object.entries(value.fields ?? {}).map(([key, item]) => [key, readValue(item)])),
  path_value: (value) => new Path((value.segments ?? []).map((segment) => expectType(segment.simple, 'string'))),
};

/** One tagged value; raises TypeError on what the protocol does not have. */
export function readValue(tagged) {
  const entries = Object.entries(tagged ?? {});
  if (entries.length !== 1 || !Object.hasOwn(READERS, entries[0][0])) {
    throw new TypeError(`not a tagged value: ${JSON.stringify(tagged)?.slice(0, 100)}`);
  }
  const [[tag, value]] = entries;
  return READERS[tag](value);
}

function readTimestamp(value) {
  const millis = Date.parse(expectType(value, 'string'));
  if (Number.isNaN(millis)) throw new TypeError(`not a timestamp: ${value}`);
  return Timestamp.fromMillis(millis);
}

function expectType(value, type) {
  if (typeof value !== type) throw new TypeError(`expected a ${type}, found ${typeof value}`);
  return value;
}
