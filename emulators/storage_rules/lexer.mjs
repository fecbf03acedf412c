/** Cuts the text of rules into tokens, one at a time: a path after `match` follows other laws than an expression. */
import { RulesSyntaxError } from './errors.mjs';

const OPERATORS = [
  ...['==', '!=', '<=', '>=', '&&', '||'],
  ...['(', ')', '[', ']', '{', '}', ',', ';', ':', '.', '?', '=', '<', '>', '!', '+', '-', '*', '/', '%'],
];
const ESCAPES = { n: '\n', t: '\t', r: '\r', '\\': '\\', "'": "'", '"': '"' };

/** @typedef {{kind: 'name'|'string'|'int'|'float'|'operator'|'end', value: any, line: number, column: number}} Token */

export class Lexer {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.line = 1;
    this.lineStart = 0;
    /** @type {Token | undefined} */
    this.seen = undefined;
  }

  /** The next token, left where it is. */
  peek() {
    this.seen ??= this.#read();
    return this.seen;
  }

  /** The next token, taken. */
  take() {
    const token = this.peek();
    this.seen = undefined;
    return token;
  }

  /** The path after `match`, as raw text; only right after a token was taken. */
  takePath() {
    if (this.seen) throw new Error('a path must be read before the token after it');
    this.#skipSpace();
    const position = this.#position();
    const start = this.at;
    while (this.at < this.text.length && !/\s/.test(this.text[this.at])) {
      // `match /a/{b}{` opens the block without a space: a brace belongs to the path only after a slash.
      if (this.text[this.at] === '{' && this.text[this.at - 1] !== '/') break;
      this.at += 1;
    }
    return { text: this.text.slice(start, this.at), ...position };
  }

  #position() {
    return { line: this.line, column: this.at - this.lineStart + 1 };
  }

  /** @returns {Token} */
  #read() {
    this.#skipSpace();
    const position = this.#position();
    const rest = this.text.slice(this.at, this.at + 64);
    if (rest === '') return { kind: 'end', value: '', ...position };
    const name = /^[A-Za-z_][A-Za-z0-9_]*/.exec(rest);
    if (name) return { kind: 'name', value: this.#word(/[A-Za-z0-9_]*/y), ...position };
    if (/^[0-9]/.test(rest)) return { ...this.#number(position), ...position };
    if (rest[0] === '"' || rest[0] === "'") return { kind: 'string', value: this.#string(position), ...position };
    const operator = OPERATORS.find((symbol) => rest.startsWith(symbol));
    if (!operator) throw new RulesSyntaxError(`Unexpected '${rest[0]}'`, position);
    this.at += operator.length;
    return { kind: 'operator', value: operator, ...position };
  }

  #word(pattern) {
    pattern.lastIndex = this.at;
    const word = pattern.exec(this.text)?.[0] ?? '';
    this.at += word.length;
    return word;
  }

  /** @returns {{kind: 'int'|'float', value: bigint|number}} */
  #number(position) {
    const word = this.#word(/[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y);
    if (/[A-Za-z0-9_]/.test(this.text[this.at] ?? '')) throw new RulesSyntaxError(`Invalid number '${word}…'`, position);
    if (!/^[0-9]+$/.test(word)) return { kind: 'float', value: Number(word) };
    const value = BigInt(word);
    if (BigInt.asIntN(64, value) !== value) throw new RulesSyntaxError(`Integer '${word}' is too large`, position);
    return { kind: 'int', value };
  }

  #string(position) {
    const quote = this.text[this.at];
    let value = '';
    for (this.at += 1; this.text[this.at] !== quote; this.at += 1) {
      let character = this.text[this.at];
      if (character === undefined || character === '\n') throw new RulesSyntaxError('Unterminated string', position);
      if (character === '\\') {
        this.at += 1;
        character = ESCAPES[this.text[this.at]];
        if (!character) throw new RulesSyntaxError(`Unknown escape '\\${this.text[this.at] ?? ''}'`, this.#position());
      }
      value += character;
    }
    this.at += 1;
    return value;
  }

  /** Passes white space and comments. */
  #skipSpace() {
    while (this.at < this.text.length) {
      if (this.text[this.at] === '\n') {
        this.at += 1;
        this.line += 1;
        this.lineStart = this.at;
      } else if (/\s/.test(this.text[this.at])) {
        this.at += 1;
      } else if (this.text.startsWith('//', this.at)) {
        const end = this.text.indexOf('\n', this.at);
        this.at = end < 0 ? this.text.length : end;
      } else if (this.text.startsWith('/*', this.at)) {
        this.#skipComment();
      } else {
        return;
      }
    }
  }

  #skipComment() {
    const position = this.#position();
    const end = this.text.indexOf('*/', this.at + 2);
    if (end < 0) throw new RulesSyntaxError('Unterminated comment', position);
    for (; this.at < end + 2; this.at += 1) {
      if (this.text[this.at] === '\n') {
        this.line += 1;
        this.lineStart = this.at + 1;
      }
    }
  }
}
