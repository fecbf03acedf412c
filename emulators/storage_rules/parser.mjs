/**
 * Parses a rules file: rules_version, service, match blocks, allow statements and functions.
 *
 * @typedef {{kind: 'literal'|'one'|'rest', text: string}} Segment     a piece of a match path
 * @typedef {{methods: string[], condition: object|undefined, line: number}} Allow
 * @typedef {{name: string, parameters: string[], lets: {name: string, value: object, line: number, column: number}[],
 *            result: object, line: number, column: number}} RulesFunction
 * @typedef {{segments: Segment[], functions: Map<string, RulesFunction>, allows: Allow[], matches: Block[]}} Block
 */
import { RulesSyntaxError } from './errors.mjs';
import { ExpressionParser, RESERVED, expect } from './expressions.mjs';
import { Lexer } from './lexer.mjs';

const METHODS = new Set(['read', 'write', 'get', 'list', 'create', 'update', 'delete']);
const MAX_BYTES = 256 * 1024;
const MAX_PARAMETERS = 7;
const MAX_LETS = 10;
const SERVICE = 'firebase.storage';

/**
 * @param {string} text
 * @returns {{version: 1|2, root: Block}}
 */
export function parseRules(text) {
  if (Buffer.byteLength(text) > MAX_BYTES) {
    throw new RulesSyntaxError(`The rules are larger than ${MAX_BYTES} bytes`, { line: 1, column: 1 });
  }
  return new RulesParser(text).parse();
}

class RulesParser {
  constructor(text) {
    this.lexer = new Lexer(text);
    this.expressions = new ExpressionParser(this.lexer);
    /** @type {1|2} */
    this.version = 1;
  }

  parse() {
    if (this.lexer.peek().value === 'rules_version') this.#readVersion();
    expect(this.lexer, 'service');
    this.#readServiceName();
    const root = this.#readBlock([]);
    const end = this.lexer.take();
    if (end.kind !== 'end') throw new RulesSyntaxError(`Unexpected '${end.value}' after the service`, end);
    return { version: this.version, root };
  }

  #readVersion() {
    expect(this.lexer, 'rules_version');
    expect(this.lexer, '=');
    const version = this.lexer.take();
    if (version.kind !== 'string' || !['1', '2'].includes(version.value)) {
      throw new RulesSyntaxError("rules_version must be '1' or '2'", version);
    }
    this.version = version.value === '2' ? 2 : 1;
    expect(this.lexer, ';');
  }

  #readServiceName() {
    const first = this.lexer.take();
    expect(this.lexer, '.');
    const name = `${first.value}.${this.lexer.take().value}`;
    if (name !== SERVICE) throw new RulesSyntaxError(`The service must be ${SERVICE}, not '${name}'`, first);
  }

  /**
   * @param {Segment[]} segments
   * @returns {Block}
   */
  #readBlock(segments) {
    expect(this.lexer, '{');
    /** @type {Block} */
    const block = { segments, functions: new Map(), allows: [], matches: [] };
    for (let token = this.lexer.take(); token.value !== '}' || token.kind !== 'operator'; token = this.lexer.take()) {
      this.#readStatement(block, token);
    }
    return block;
  }

  #readStatement(block, token) {
    const word = token.kind === 'name' ? token.value : '';
    if (word === 'match') {
      block.matches.push(this.#readMatch(block));
    } else if (word === 'function') {
      const declared = this.#readFunction();
      if (block.functions.has(declared.name)) throw new RulesSyntaxError(`Function '${declared.name}' is declared twice`, declared);
      block.functions.set(declared.name, declared);
    } else if (word === 'allow') {
      if (block.segments.length === 0) throw new RulesSyntaxError("'allow' must stand in a match block", token);
      block.allows.push(this.#readAllow(token));
    } else {
      const found = token.kind === 'end' ? 'the end of the rules' : `'${token.value}'`;
      throw new RulesSyntaxError(`Expected 'match', 'allow', 'function' or '}' but found ${found}`, token);
    }
  }

  #readMatch(parent) {
    const path = this.lexer.takePath();
    const segments = parsePath(path);
    const rest = segments.findIndex((segment) => segment.kind === 'rest');
    if (this.version === 1 && rest >= 0 && rest !== segments.length - 1) {
      throw new RulesSyntaxError("In rules_version '1' a recursive wildcard must end its path", path);
    }
    if (this.version === 1 && parent.segments.at(-1)?.kind === 'rest') {
      throw new RulesSyntaxError("In rules_version '1' nothing can be matched below a recursive wildcard", path);
    }
    return this.#readBlock(segments);
  }

  /** @returns {Allow} */
  #readAllow(position) {
    const methods = [];
    do {
      const method = this.lexer.take();
      if (method.kind !== 'name' || !METHODS.has(method.value)) throw new RulesSyntaxError(`'${method.value}' is not a method to allow`, method);
      methods.push(method.value);
    } while (this.#accept(','));
    let condition;
    if (this.#accept(':')) {
      expect(this.lexer, 'if');
      condition = this.expressions.parse();
    }
    expect(this.lexer, ';');
    return { methods, condition, line: position.line };
  }

  /** @returns {RulesFunction} */
  #readFunction() {
    const name = this.#readName('function');
    const parameters = this.#readParameters();
    expect(this.lexer, '{');
    const lets = [];
    while (this.#accept('let')) lets.push(this.#readLet());
    if (lets.length > MAX_LETS) throw new RulesSyntaxError(`A function has at most ${MAX_LETS} variables`, name);
    expect(this.lexer, 'return');
    const result = this.expressions.parse();
    expect(this.lexer, ';');
    expect(this.lexer, '}');
    const names = [...parameters, ...lets.map((declared) => declared.name)];
    const twice = names.find((declared, index) => names.indexOf(declared) !== index);
    if (twice) throw new RulesSyntaxError(`'${twice}' is declared twice in function '${name.value}'`, name);
    return { name: name.value, parameters, lets, result, line: name.line, column: name.column };
  }

  #readParameters() {
    const parameters = [];
    const open = expect(this.lexer, '(');
    if (!this.#accept(')')) {
      do parameters.push(this.#readName('parameter').value);
      while (this.#accept(','));
      expect(this.lexer, ')');
    }
    if (parameters.length > MAX_PARAMETERS) throw new RulesSyntaxError(`A function takes at most ${MAX_PARAMETERS} arguments`, open);
    return parameters;
  }

  #readLet() {
    const name = this.#readName('variable');
    expect(this.lexer, '=');
    const value = this.expressions.parse();
    expect(this.lexer, ';');
    return { name: name.value, value, line: name.line, column: name.column };
  }

  #readName(what) {
    const token = this.lexer.take();
    if (token.kind !== 'name' || RESERVED.has(token.value)) throw new RulesSyntaxError(`'${token.value}' cannot name a ${what}`, token);
    return token;
  }

  #accept(value) {
    const token = this.lexer.peek();
    const matches = token.value === value && (token.kind === 'operator' || token.kind === 'name');
    return matches ? this.lexer.take() : undefined;
  }
}

/**
 * @param {{text: string, line: number, column: number}} path
 * @returns {Segment[]}
 */
function parsePath(path) {
  if (!path.text.startsWith('/') || path.text.length < 2) throw new RulesSyntaxError(`'${path.text}' is not a path; it must start with '/'`, path);
  const segments = path.text.slice(1).split('/').map((text) => parseSegment(text, path));
  const names = segments.filter((segment) => segment.kind !== 'literal').map((segment) => segment.text);
  if (new Set(names).size !== names.length) throw new RulesSyntaxError(`A wildcard stands twice in '${path.text}'`, path);
  if (segments.filter((segment) => segment.kind === 'rest').length > 1) {
    throw new RulesSyntaxError('A path holds at most one recursive wildcard', path);
  }
  return segments;
}

/** @returns {Segment} */
function parseSegment(text, position) {
  const wildcard = /^\{([A-Za-z_][A-Za-z0-9_]*)(?:=(\*\*?))?\}$/.exec(text);
  if (wildcard && !RESERVED.has(wildcard[1])) return { kind: wildcard[2] === '**' ? 'rest' : 'one', text: wildcard[1] };
  if (/^[A-Za-z0-9_.~%+-]+$/.test(text)) return { kind: 'literal', text };
  throw new RulesSyntaxError(`'${text}' is not a path segment: a name or a whole {wildcard}`, position);
}
