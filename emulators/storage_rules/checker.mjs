/**
 * Checks parsed rules before they judge anything: every name is declared, every function exists and gets the number
 * of arguments it takes, nothing calls itself, literal regular expressions hold. The whole tree is visited, so that
 * what the evaluator does not know never gets as far as a request.
 */
import { FUNCTIONS, NAMESPACES, REFUSED, VARIABLES } from './builtins.mjs';
import { RulesSyntaxError } from './errors.mjs';
import { knownArities } from './methods.mjs';
import { wholeMatch } from './regex.mjs';

const MAX_CALL_DEPTH = 20;
const REGEX_METHODS = new Set(['matches', 'replace', 'split']);

/**
 * What is visible at a place: variables, and functions with the scope they were declared in.
 * @typedef {{variables: Set<string>, functions: Map<string, object>, parent: Scope | undefined}} Scope
 */

/** Raises RulesSyntaxError at the first fault. */
export function checkRules(root) {
  new Checker().checkBlock(root, undefined);
}

class Checker {
  constructor() {
    /** Which function calls which. @type {Map<object, Set<object>>} */
    this.calls = new Map();
    /** @type {object | undefined} */
    this.current = undefined;
  }

  checkBlock(block, parent) {
    const wildcards = block.segments.filter((segment) => segment.kind !== 'literal').map((segment) => segment.text);
    const scope = { variables: new Set(wildcards), functions: block.functions, parent };
    for (const declared of block.functions.values()) this.#checkFunction(declared, scope);
    for (const allow of block.allows) if (allow.condition) this.#check(allow.condition, scope);
    for (const match of block.matches) this.checkBlock(match, scope);
    if (!parent) this.#checkDepths();
  }

  #checkFunction(declared, outer) {
    if (Object.hasOwn(FUNCTIONS, declared.name) || Object.hasOwn(REFUSED, declared.name)) {
      throw new RulesSyntaxError(`'${declared.name}' is a function of the language and cannot be declared`, declared);
    }
    this.current = declared;
    const scope = { variables: new Set(declared.parameters), functions: new Map(), parent: outer };
    for (const variable of declared.lets) {
      this.#check(variable.value, scope);
      scope.variables.add(variable.name);
    }
    this.#check(declared.result, scope);
    this.current = undefined;
  }

  #check(node, scope) {
    switch (node.type) {
      case 'literal':
        return;
      case 'name':
        return checkName(node, scope);
      case 'list':
        return this.#checkAll(node.items, scope);
      case 'map':
        return this.#checkAll(node.entries.map(([, value]) => value), scope);
      case 'unary':
      case 'is':
        return this.#check(node.operand, scope);
      case 'binary':
        return this.#checkAll([node.left, node.right], scope);
      case 'ternary':
        return this.#checkAll([node.condition, node.yes, node.no], scope);
      case 'index':
        return this.#checkAll([node.object, node.index], scope);
      case 'range':
        return this.#checkAll([node.object, node.from, node.to], scope);
      case 'member':
        checkMember(node, scope);
        return this.#check(node.object, scope);
      case 'call':
        return this.#checkCall(node, scope);
      case 'method':
        return this.#checkMethod(node, scope);
      default:
        throw new RulesSyntaxError(`Unknown construct '${node.type}'`, node);
    }
  }

  #checkAll(nodes, scope) {
    for (const node of nodes) this.#check(node, scope);
  }

  #checkCall(node, scope) {
    this.#checkAll(node.args, scope);
    const declared = findFunction(node.name, scope);
    if (declared) {
      checkCount(node, [declared.parameters.length], node.args);
      if (this.current) this.calls.set(this.current, (this.calls.get(this.current) ?? new Set()).add(declared));
      return;
    }
    if (Object.hasOwn(REFUSED, node.name)) throw new RulesSyntaxError(REFUSED[node.name], node);
    if (!Object.hasOwn(FUNCTIONS, node.name)) throw new RulesSyntaxError(`Unknown function '${node.name}'`, node);
    checkCount(node, [FUNCTIONS[node.name].takes.length], node.args);
  }

  #checkMethod(node, scope) {
    this.#checkAll(node.args, scope);
    const namespace = namespaceOf(node.object, scope);
    if (namespace) {
      if (Object.hasOwn(REFUSED, namespace)) throw new RulesSyntaxError(REFUSED[namespace], node);
      if (!Object.hasOwn(NAMESPACES[namespace], node.name)) {
        throw new RulesSyntaxError(`Unknown function '${namespace}.${node.name}'`, node);
      }
      checkCount(node, [NAMESPACES[namespace][node.name].takes.length], node.args);
      return;
    }
    this.#check(node.object, scope);
    const arities = knownArities(node.name);
    if (arities.length === 0) throw new RulesSyntaxError(`Unknown method '${node.name}'`, node);
    checkCount(node, arities, node.args);
    if (REGEX_METHODS.has(node.name)) checkPattern(node.args[0]);
  }

  #checkDepths() {
    /** How deep the calls of a function go; 0 while it is being found out. @type {Map<object, number>} */
    const depths = new Map();
    const depthOf = (declared) => {
      if (depths.get(declared) === 0) throw new RulesSyntaxError(`Function '${declared.name}' calls itself`, declared);
      if (!depths.has(declared)) {
        depths.set(declared, 0);
        const inner = [...(this.calls.get(declared) ?? [])].map(depthOf);
        depths.set(declared, 1 + Math.max(0, ...inner));
      }
      const depth = depths.get(declared);
      if (depth > MAX_CALL_DEPTH) throw new RulesSyntaxError(`Function calls are nested deeper than ${MAX_CALL_DEPTH}`, declared);
      return depth;
    };
    for (const declared of this.calls.keys()) depthOf(declared);
  }
}

/** The name of the namespace a node stands for, unless a variable of that name hides it. */
export function namespaceOf(node, scope) {
  const isOne = node.type === 'name' && (Object.hasOwn(NAMESPACES, node.name) || node.name === 'firestore');
  return isOne && !isVariable(node.name, scope) ? node.name : undefined;
}

function isVariable(name, scope) {
  for (let at = scope; at; at = at.parent) if (at.variables.has(name)) return true;
  return false;
}

function findFunction(name, scope) {
  for (let at = scope; at; at = at.parent) if (at.functions.has(name)) return at.functions.get(name);
  return undefined;
}

function checkName(node, scope) {
  if (isVariable(node.name, scope) || Object.hasOwn(VARIABLES, node.name)) return;
  throw new RulesSyntaxError(`Unknown variable '${node.name}'`, node);
}

/** A misspelt member of request or resource would deny for ever; it is better refused. */
function checkMember(node, scope) {
  const owner = node.object;
  const isResource = owner.type === 'member' && owner.name === 'resource' && isGlobal(owner.object, 'request', scope);
  const variable = isResource ? 'resource' : Object.keys(VARIABLES).find((name) => isGlobal(owner, name, scope));
  if (variable && !VARIABLES[variable].includes(node.name)) {
    throw new RulesSyntaxError(`'${isResource ? 'request.resource' : variable}' has no member '${node.name}'`, node);
  }
}

function isGlobal(node, name, scope) {
  return node.type === 'name' && node.name === name && !isVariable(name, scope);
}

function checkCount(node, arities, args) {
  if (arities.includes(args.length)) return;
  throw new RulesSyntaxError(`'${node.name}' takes ${[...new Set(arities)].join(' or ')} arguments, not ${args.length}`, node);
}

function checkPattern(node) {
  if (node.type !== 'literal' || typeof node.value !== 'string') return;
  try {
    wholeMatch(node.value);
  } catch (error) {
    if (error instanceof SyntaxError) throw new RulesSyntaxError(error.message, node);
    throw error;
  }
}
