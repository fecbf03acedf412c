/** A loaded ruleset: which match blocks a path falls into, and whether one of their allow statements holds. */
import { checkRules } from './checker.mjs';
import { EvaluationError } from './errors.mjs';
import { Evaluation, Scope } from './evaluate.mjs';
import { parseRules } from './parser.mjs';
import { Path } from './values.mjs';

const GROUPS = { get: 'read', list: 'read', create: 'write', update: 'write', delete: 'write' };

export class Ruleset {
  /** @param {string} text the rules; raises RulesSyntaxError */
  constructor(text) {
    const { version, root } = parseRules(text);
    checkRules(root);
    this.version = version;
    this.root = root;
  }

  /**
   * Judges one request.
   * @param {string} path     "/b/<bucket>/o/<object>"
   * @param {string} method   get, list, create, update or delete
   * @param {Map<string, unknown>} variables   request and resource
   * @returns {{permit: boolean, warnings: string[]}} the warnings name expressions that had no value
   */
  verify(path, method, variables) {
    if (!Object.hasOwn(GROUPS, method)) throw new EvaluationError(`Unknown method '${method}'.`);
    const judgement = { evaluation: new Evaluation(), method, warnings: [] };
    // Listing exists since version 2 only; a rule of version 1 says nothing about it.
    if (method === 'list' && this.version === 1) return { permit: false, warnings: [] };
    const scope = new Scope(undefined, variables);
    const permit = this.#permits(this.root, path.slice(1).split('/'), scope, judgement);
    return { permit, warnings: permit ? [] : judgement.warnings };
  }

  /** Whether a block, or one inside it, allows the rest of a path. */
  #permits(block, path, outer, judgement) {
    for (const { bindings, rest } of this.#bindings(block.segments, path)) {
      const scope = new Scope(outer, bindings, block.functions);
      if (rest.length === 0 && block.allows.some((allow) => holds(allow, scope, judgement))) return true;
      if (block.matches.some((inner) => this.#permits(inner, rest, scope, judgement))) return true;
    }
    return false;
  }

  /** Every way in which segments match the beginning of a path. */
  *#bindings(segments, path) {
    if (segments.length === 0) {
      yield { bindings: new Map(), rest: path };
      return;
    }
    const [first, ...others] = segments;
    const least = first.kind === 'rest' && this.version === 2 ? 0 : 1;
    const most = first.kind === 'rest' ? path.length : 1;
    for (let taken = least; taken <= Math.min(most, path.length); taken += 1) {
      if (first.kind === 'literal' && path[0] !== first.text) return;
      // An object's name may hold "//"; the nothing between two slashes is not a segment one can name.
      if (first.kind === 'one' && path[0] === '') return;
      for (const { bindings, rest } of this.#bindings(others, path.slice(taken))) {
        if (first.kind === 'one') bindings.set(first.text, path[0]);
        if (first.kind === 'rest') bindings.set(first.text, new Path(path.slice(0, taken)));
        yield { bindings, rest };
      }
    }
  }
}

/** Whether an allow statement speaks of the method and its condition is true. An error in the condition denies. */
function holds(allow, scope, judgement) {
  const { method, evaluation, warnings } = judgement;
  if (!allow.methods.includes(method) && !allow.methods.includes(GROUPS[method])) return false;
  if (!allow.condition) return true;
  try {
    const value = evaluation.value(allow.condition, scope);
    if (typeof value !== 'boolean') warnings.push(`L${allow.line}: the condition is not a bool; '${method}' denied.`);
    return value === true;
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    warnings.push(`L${error.line || allow.line}: ${error.message} '${method}' denied.`);
    return false;
  }
}
