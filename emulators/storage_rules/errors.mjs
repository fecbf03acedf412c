/** The two ways in which rules go wrong: while they are loaded, and while a request is judged. */

/** A fault in the rules' text; the whole ruleset is refused. */
export class RulesSyntaxError extends Error {
  /**
   * @param {string} message
   * @param {{line: number, column: number}} position
   */
  constructor(message, position) {
    super(message);
    this.name = 'RulesSyntaxError';
    this.line = position.line;
    this.column = position.column;
  }
}

/** An expression that has no value; the allow statement it stands in grants nothing. */
export class EvaluationError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = 'EvaluationError';
    /** Line of the innermost expression that failed; the evaluator sets it. */
    this.line = 0;
  }
}
