/** Timestamps and durations: their methods and how they are made. All calendars are UTC. */
import { EvaluationError } from './errors.mjs';
import { Duration, Timestamp, floorDivide } from './values.mjs';

const NANOS = { ns: 1n, ms: 1_000_000n, s: 1_000_000_000n, m: 60_000_000_000n, h: 3_600_000_000_000n };
/** Nanoseconds of each unit that duration.value() takes. */
const UNITS = { ...NANOS, d: 24n * NANOS.h, w: 7n * 24n * NANOS.h };
const DAY = UNITS.d;
const DAY_MS = 86_400_000;

const startOfDay = (self) => floorDivide(self.nanos, DAY) * DAY;
const dayOfYear = (date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS) + 1;
const remainder = (value, divisor) => value - floorDivide(value, divisor) * divisor;

export const TIMESTAMP_METHODS = {
  date: { takes: [], gives: (self) => new Timestamp(startOfDay(self)) },
  day: { takes: [], gives: (self) => BigInt(self.toDate().getUTCDate()) },
  dayOfWeek: { takes: [], gives: (self) => BigInt(self.toDate().getUTCDay() || 7) },
  dayOfYear: { takes: [], gives: (self) => BigInt(dayOfYear(self.toDate())) },
  hours: { takes: [], gives: (self) => BigInt(self.toDate().getUTCHours()) },
  minutes: { takes: [], gives: (self) => BigInt(self.toDate().getUTCMinutes()) },
  month: { takes: [], gives: (self) => BigInt(self.toDate().getUTCMonth() + 1) },
  nanos: { takes: [], gives: (self) => remainder(self.nanos, NANOS.s) },
  seconds: { takes: [], gives: (self) => BigInt(self.toDate().getUTCSeconds()) },
  time: { takes: [], gives: (self) => new Duration(self.nanos - startOfDay(self)) },
  toMillis: { takes: [], gives: (self) => floorDivide(self.nanos, NANOS.ms) },
  year: { takes: [], gives: (self) => BigInt(self.toDate().getUTCFullYear()) },
};

export const DURATION_METHODS = {
  seconds: { takes: [], gives: (self) => self.nanos / NANOS.s },
  nanos: { takes: [], gives: (self) => self.nanos % NANOS.s },
};

export const DURATION_NAMESPACE = {
  abs: { takes: ['duration'], gives: (span) => new Duration(span.nanos < 0n ? -span.nanos : span.nanos) },
  time: {
    takes: ['int', 'int', 'int', 'int'],
    gives: (hours, minutes, seconds, nanos) => new Duration(hours * NANOS.h + minutes * NANOS.m + seconds * NANOS.s + nanos),
  },
  value: { takes: ['int', 'string'], gives: durationValue },
};

export const TIMESTAMP_NAMESPACE = {
  date: { takes: ['int', 'int', 'int'], gives: timestampDate },
  value: { takes: ['int'], gives: (millis) => new Timestamp(millis * NANOS.ms) },
};

function durationValue(magnitude, unit) {
  if (!Object.hasOwn(UNITS, unit)) throw new EvaluationError(`duration.value() knows no unit '${unit}'.`);
  return new Duration(magnitude * UNITS[unit]);
}

function timestampDate(year, month, day) {
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  // 30 February becomes 1 March in JavaScript; here it is no date.
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) {
    throw new EvaluationError(`timestamp.date() has no ${year}-${month}-${day}.`);
  }
  return Timestamp.fromMillis(date.getTime());
}
