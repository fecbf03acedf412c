/** Computes expressions. An expression either has a value or raises EvaluationError; nothing is guessed. */
import { FUNCTIONS, NAMESPACES } from './builtins.mjs';
import { EvaluationError } from './errors.mjs';
import { callMethod, checkArguments } from './methods.mjs';
import { binary, elementOf, isOfType, rangeOf, unary } from './operators.mjs';
import { typeOf } from './values.mjs';

const MAX_STEPS = 1000;

/** Variables and functions visible at a place, and what encloses it. */
export class Scope {
  /**
   * @param {Scope | undefined} parent
   * @param {Map<string, unknown>} variables
   * @param {Map<string, object>} functions
   */
  constructor(parent, variables, functions = new Map()) {
    this.parent = parent;
    this.variables = variables;
    this.functions = functions;
  }

  /** The nearest scope that has a variable of that name. */
  ofVariable(name) {
    return this.variables.has(name) ? this : this.parent?.ofVariable(name);
  }

  /** The nearest scope that declares a function of that name. */
  ofFunction(name) {
    return this.functions.has(name) ? this : this.parent?.ofFunction(name);
  }
}

/** The computing for one request: at most 1,000 expressions, as in the service. */
export class Evaluation {
  constructor() {
    this.steps = 0;
  }

  /**
   * @param {any} node
   * @param {Scope} scope
   */
  value(node, scope) {
    this.steps += 1;
    if (this.steps > MAX_STEPS) throw new EvaluationError(`More than ${MAX_STEPS} expressions for one request.`);
    try {
      return this.#compute(node, scope);
    } catch (error) {
      if (error instanceof EvaluationError && error.line === 0) error.line = node.line;
      throw error;
    }
  }

  #compute(node, scope) {
    switch (node.type) {
      case 'literal':
        return node.value;
      case 'name':
        return this.#variable(node.name, scope);
      case 'list':
        return this.#values(node.items, scope);
      case 'map':
        return new Map(node.entries.map(([key, item]) => [key, this.value(item, scope)]));
      case 'unary':
        return unary(node.operator, this.value(node.operand, scope));
      case 'is':
        return isOfType(this.value(node.operand, scope), node.of);
      case 'binary':
        return this.#binary(node, scope);
      case 'ternary':
        return this.#boolean(node.condition, scope) ? this.value(node.yes, scope) : this.value(node.no, scope);
      case 'member':
        return elementOf(onlyMap(this.value(node.object, scope), node.name), node.name);
      case 'index':
        return elementOf(this.value(node.object, scope), this.value(node.index, scope));
      case 'range':
        return rangeOf(this.value(node.object, scope), this.value(node.from, scope), this.value(node.to, scope));
      case 'call':
        return this.#call(node, scope);
      case 'method':
        return this.#method(node, scope);
      default:
        throw new Error(`no way to evaluate '${node.type}'`);
    }
  }

  #values(nodes, scope) {
    return nodes.map((node) => this.value(node, scope));
  }

  #variable(name, scope) {
    const found = scope.ofVariable(name);
    if (!found) throw new EvaluationError(`Variable not found error: Name: [${name}].`);
    return found.variables.get(name);
  }

  #binary(node, scope) {
    if (node.operator === '&&') return this.#decide(node, scope, false);
    if (node.operator === '||') return this.#decide(node, scope, true);
    return binary(node.operator, this.value(node.left, scope), this.value(node.right, scope));
  }

  /**
   * `&&` is decided by a false operand, `||` by a true one, also when the other operand is an error.
   * @param {boolean} decisive
   */
  #decide(node, scope, decisive) {
    let failure;
    for (const side of [node.left, node.right]) {
      try {
        if (this.#boolean(side, scope) === decisive) return decisive;
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error;
        failure ??= error;
      }
    }
    if (failure) throw failure;
    return !decisive;
  }

  #boolean(node, scope) {
    const value = this.value(node, scope);
    if (typeof value === 'boolean') return value;
    const failure = new EvaluationError(value === null ? 'Null value error.' : `Expected a bool, found ${typeOf(value)}.`);
    failure.line = node.line;
    throw failure;
  }

  #call(node, scope) {
    const args = this.#values(node.args, scope);
    const home = scope.ofFunction(node.name);
    if (!home) {
      checkArguments(node.name, FUNCTIONS[node.name].takes, args);
      return FUNCTIONS[node.name].gives(...args);
    }
    const declared = home.functions.get(node.name);
    const variables = new Map(declared.parameters.map((name, index) => [name, args[index]]));
    const inside = new Scope(home, variables);
    for (const variable of declared.lets) variables.set(variable.name, this.value(variable.value, inside));
    return this.value(declared.result, inside);
  }

  #method(node, scope) {
    const args = this.#values(node.args, scope);
    if (node.object.type === 'name' && Object.hasOwn(NAMESPACES, node.object.name) && !scope.ofVariable(node.object.name)) {
      const found = NAMESPACES[node.object.name][node.name];
      checkArguments(`${node.object.name}.${node.name}`, found.takes, args);
      return found.gives(...args);
    }
    return callMethod(this.value(node.object, scope), node.name, args);
  }
}

/** `a.b` reads maps alone. */
function onlyMap(value, name) {
  if (value === null) throw new EvaluationError('Null value error.');
  if (!(value instanceof Map)) throw new EvaluationError(`Property ${name} is undefined on ${typeOf(value)}.`);
  return value;
}
