/**
 * Parses one expression of rules into a tree.
 *
 * Nodes: literal {value}, name {name}, list {items}, map {entries}, unary {operator, operand}, binary {operator,
 * left, right}, is {operand, of}, ternary {condition, yes, no}, member {object, name}, index {object, index},
 * range {object, from, to}, call {name, args}, method {object, name, args}; each with line and column.
 */
import { RulesSyntaxError } from './errors.mjs';

/** Binary operators by how weakly they bind; those of a line bind alike, from left to right. */
const LEVELS = [
  ['||'],
  ['&&'],
  ['==', '!='],
  ['in', 'is'],
  ['<', '<=', '>', '>='],
  ['+', '-'],
  ['*', '/', '%'],
];
const TYPES = [
  ...['bool', 'bytes', 'duration', 'float', 'int', 'latlng', 'list'],
  ...['map', 'map_diff', 'number', 'path', 'set', 'string', 'timestamp'],
];
const LITERAL_NAMES = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
]);
/** Words that can name neither a variable nor a function. */
export const RESERVED = new Set(['allow', 'function', 'if', 'in', 'is', 'let', 'match', 'return', 'service', ...LITERAL_NAMES.keys()]);
const MAX_DEPTH = 200;

/** A recursive-descent parser; `lexer` is left at the first token after the expression. */
export class ExpressionParser {
  /** @param {import('./lexer.mjs').Lexer} lexer */
  constructor(lexer) {
    this.lexer = lexer;
    this.depth = 0;
  }

  parse() {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) throw new RulesSyntaxError('The expression is nested too deeply', this.lexer.peek());
    const node = this.#ternary();
    this.depth -= 1;
    return node;
  }

  #ternary() {
    const condition = this.#binary(0);
    const question = this.#accept('?');
    if (!question) return condition;
    const yes = this.parse();
    expect(this.lexer, ':');
    return node('ternary', question, { condition, yes, no: this.parse() });
  }

  #binary(level) {
    if (level === LEVELS.length) return this.#unary();
    let left = this.#binary(level + 1);
    for (let operator = this.#acceptAny(LEVELS[level]); operator; operator = this.#acceptAny(LEVELS[level])) {
      if (operator.value === 'is') {
        left = node('is', operator, { operand: left, of: this.#typeName() });
      } else {
        left = node('binary', operator, { operator: operator.value, left, right: this.#binary(level + 1) });
      }
    }
    return left;
  }

  #typeName() {
    const token = this.lexer.take();
    if (token.kind !== 'name' || !TYPES.includes(token.value)) {
      throw new RulesSyntaxError(`'${token.value}' is not a type`, token);
    }
    return token.value;
  }

  #unary() {
    const operator = this.#acceptAny(['!', '-']);
    if (!operator) return this.#postfix();
    this.depth += 1;
    if (this.depth > MAX_DEPTH) throw new RulesSyntaxError('The expression is nested too deeply', operator);
    const operand = this.#unary();
    this.depth -= 1;
    return node('unary', operator, { operator: operator.value, operand });
  }

  #postfix() {
    let object = this.#primary();
    for (;;) {
      const token = this.#acceptAny(['.', '[']);
      if (!token) return object;
      object = token.value === '.' ? this.#member(object, token) : this.#index(object, token);
    }
  }

  #member(object, position) {
    const name = this.lexer.take();
    if (name.kind !== 'name') throw new RulesSyntaxError("Expected a name after '.'", name);
    const args = this.#arguments();
    return args ? node('method', position, { object, name: name.value, args }) : node('member', position, { object, name: name.value });
  }

  #index(object, position) {
    const from = this.parse();
    const to = this.#accept(':') ? this.parse() : undefined;
    expect(this.lexer, ']');
    return to ? node('range', position, { object, from, to }) : node('index', position, { object, index: from });
  }

  #arguments() {
    return this.#accept('(') ? this.#items(')') : undefined;
  }

  #items(close) {
    const items = [];
    if (this.#accept(close)) return items;
    do items.push(this.parse());
    while (this.#accept(','));
    expect(this.lexer, close);
    return items;
  }

  #primary() {
    const token = this.lexer.take();
    switch (token.kind) {
      case 'string':
      case 'int':
      case 'float':
        return node('literal', token, { value: token.value });
      case 'name':
        return this.#named(token);
      case 'operator':
        return this.#bracketed(token);
      default:
        throw new RulesSyntaxError('Unexpected end of the rules', token);
    }
  }

  #named(token) {
    if (LITERAL_NAMES.has(token.value)) return node('literal', token, { value: LITERAL_NAMES.get(token.value) });
    if (RESERVED.has(token.value)) throw new RulesSyntaxError(`Unexpected '${token.value}'`, token);
    const args = this.#arguments();
    return args ? node('call', token, { name: token.value, args }) : node('name', token, { name: token.value });
  }

  #bracketed(token) {
    if (token.value === '(') {
      const inner = this.parse();
      expect(this.lexer, ')');
      return inner;
    }
    if (token.value === '[') return node('list', token, { items: this.#items(']') });
    if (token.value === '{') return this.#map(token);
    if (token.value === '/') throw new RulesSyntaxError('Path literals are not supported; use path("/…")', token);
    throw new RulesSyntaxError(`Unexpected '${token.value}'`, token);
  }

  #map(position) {
    const entries = [];
    if (!this.#accept('}')) {
      do {
        const key = this.lexer.take();
        if (key.kind !== 'string') throw new RulesSyntaxError('The keys of a map are strings', key);
        expect(this.lexer, ':');
        entries.push([key.value, this.parse()]);
      } while (this.#accept(','));
      expect(this.lexer, '}');
    }
    return node('map', position, { entries });
  }

  #accept(symbol) {
    return this.#acceptAny([symbol]);
  }

  #acceptAny(symbols) {
    const token = this.lexer.peek();
    const isOperator = token.kind === 'operator' || token.value === 'in' || token.value === 'is';
    return isOperator && token.kind !== 'string' && symbols.includes(token.value) ? this.lexer.take() : undefined;
  }
}

function node(type, position, fields) {
  return { type, line: position.line, column: position.column, ...fields };
}

/** Takes the token that must come now. */
export function expect(lexer, value) {
  const token = lexer.take();
  if ((token.kind !== 'operator' && token.kind !== 'name') || token.value !== value) {
    const found = token.kind === 'end' ? 'the end of the rules' : `'${token.value}'`;
    throw new RulesSyntaxError(`Expected '${value}' but found ${found}`, token);
  }
  return token;
}
