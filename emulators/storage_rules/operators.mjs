/** What the operators of rules do with values. `&&`, `||` and `?:` are the evaluator's own: they skip operands. */
import { EvaluationError } from './errors.mjs';
import { Duration, Path, RulesSet, Timestamp, contains, equals, int64, isNumber, typeOf } from './values.mjs';

/** The value of `left operator right`. */
export function binary(operator, left, right) {
  switch (operator) {
    case '==':
      return equals(left, right);
    case '!=':
      return !equals(left, right);
    case 'in':
      return isIn(left, right);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return compare(operator, left, right);
    default:
      return isNumber(left) && isNumber(right) ? calculate(operator, left, right) : combine(operator, left, right);
  }
}

/** The value of `operator operand`. */
export function unary(operator, operand) {
  if (operator === '!' && typeof operand === 'boolean') return !operand;
  if (operator === '-' && typeof operand === 'bigint') return int64(-operand);
  if (operator === '-' && typeof operand === 'number') return -operand;
  throw new EvaluationError(`Unsupported operation error. ${operator}${typeOf(operand)}.`);
}

/** Whether a value is of a type; a number is an int or a float. */
export function isOfType(value, type) {
  const actual = typeOf(value);
  return actual === type || (type === 'number' && isNumber(value));
}

/** `object[index]` */
export function elementOf(object, index) {
  if (object === null) throw new EvaluationError('Null value error.');
  if (object instanceof Map && typeof index === 'string') {
    if (!object.has(index)) throw new EvaluationError(`Property ${index} is undefined on object.`);
    return object.get(index);
  }
  const items = sequence(object);
  if (!items || typeof index !== 'bigint') throw new EvaluationError(`Unsupported operation error. ${typeOf(object)}[${typeOf(index)}].`);
  if (index < 0n || index >= BigInt(items.length)) throw new EvaluationError(`Index ${index} is out of bounds.`);
  return items[Number(index)];
}

/** `object[from:to]`, of a list or a string */
export function rangeOf(object, from, to) {
  const items = object instanceof Path ? undefined : sequence(object);
  if (!items || typeof from !== 'bigint' || typeof to !== 'bigint') {
    throw new EvaluationError(`Unsupported operation error. ${typeOf(object)}[${typeOf(from)}:${typeOf(to)}].`);
  }
  if (from < 0n || to < from || to > BigInt(items.length)) throw new EvaluationError(`Range ${from}:${to} is out of bounds.`);
  const part = items.slice(Number(from), Number(to));
  return typeof object === 'string' ? part.join('') : part;
}

function sequence(object) {
  if (Array.isArray(object)) return object;
  if (object instanceof Path) return object.segments;
  return typeof object === 'string' ? [...object] : undefined;
}

function isIn(value, holder) {
  if (Array.isArray(holder)) return contains(holder, value);
  if (holder instanceof RulesSet) return contains(holder.items, value);
  if (holder instanceof Map && typeof value === 'string') return holder.has(value);
  throw new EvaluationError(holder === null ? 'Null value error.' : `Unsupported operation error. ${typeOf(value)} in ${typeOf(holder)}.`);
}

function compare(operator, left, right) {
  const [a, b] = comparable(operator, left, right);
  switch (operator) {
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    default:
      return a >= b;
  }
}

function comparable(operator, left, right) {
  if (isNumber(left) && isNumber(right)) return [left, right];
  if (typeof left === 'string' && typeof right === 'string') return [left, right];
  const spans = [Timestamp, Duration].some((type) => left instanceof type && right instanceof type);
  if (spans) return [left.nanos, right.nanos];
  throw unsupported(operator, left, right);
}

/** Arithmetic: integers stay integers (and 64 bits wide), with a float everything is one. */
function calculate(operator, left, right) {
  if (typeof left === 'bigint' && typeof right === 'bigint') return calculateInts(operator, left, right);
  const [a, b] = [Number(left), Number(right)];
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    default:
      throw unsupported(operator, left, right);
  }
}

function calculateInts(operator, left, right) {
  if ((operator === '/' || operator === '%') && right === 0n) throw new EvaluationError('Division by zero.');
  switch (operator) {
    case '+':
      return int64(left + right);
    case '-':
      return int64(left - right);
    case '*':
      return int64(left * right);
    case '/':
      return int64(left / right);
    default:
      return left % right;
  }
}

/** `+` and `-` of what is not a number: strings, and points and spans of time. */
function combine(operator, left, right) {
  if (operator === '+') {
    if (typeof left === 'string' && typeof right === 'string') return left + right;
    if (left instanceof Timestamp && right instanceof Duration) return new Timestamp(left.nanos + right.nanos);
    if (left instanceof Duration && right instanceof Timestamp) return new Timestamp(left.nanos + right.nanos);
    if (left instanceof Duration && right instanceof Duration) return new Duration(left.nanos + right.nanos);
  }
  if (operator === '-') {
    if (left instanceof Timestamp && right instanceof Duration) return new Timestamp(left.nanos - right.nanos);
    if (left instanceof Timestamp && right instanceof Timestamp) return new Duration(left.nanos - right.nanos);
    if (left instanceof Duration && right instanceof Duration) return new Duration(left.nanos - right.nanos);
  }
  throw unsupported(operator, left, right);
}

function unsupported(operator, left, right) {
  if (left === null || right === null) return new EvaluationError('Null value error.');
  return new EvaluationError(`Unsupported operation error. ${typeOf(left)} ${operator} ${typeOf(right)}.`);
}
