/**
 * Stand-in for the Cloud Storage rules runtime of the Firebase emulators: a line of JSON in, a line of JSON out.
 *
 *   load_ruleset {rulesetName, source: {files: [{name, content}]}}  →  result {rulesVersion}, or errors
 *   verify {rulesetName, service, path, method, variables: {request, resource}}  →  result {permit}
 *
 * It ends when its input does, so it never outlives the CLI that started it.
 */
import { createInterface } from 'node:readline';

import { RulesSyntaxError } from './errors.mjs';
import { Ruleset } from './ruleset.mjs';
import { readValue } from './wire.mjs';

const SERVICE = 'firebase.storage';
const ACTIONS = { load_ruleset: loadRuleset, verify };

/** @type {Map<string, Ruleset>} */
const rulesets = new Map();

function loadRuleset({ rulesetName, source }) {
  const files = source?.files;
  if (!Array.isArray(files) || files.length !== 1) return { errors: ['A ruleset is made of one file.'] };
  const [{ name, content }] = files;
  try {
    const ruleset = new Ruleset(content);
    rulesets.set(rulesetName, ruleset);
    return { result: { rulesVersion: ruleset.version } };
  } catch (error) {
    if (!(error instanceof RulesSyntaxError)) throw error;
    return { errors: [issue(error, name)] };
  }
}

/** A fault as the CLI reads it: it prints "description in file:line". */
function issue(error, fileName) {
  const position = { fileName_: fileName, line_: error.line, column_: error.column };
  return JSON.stringify({ severity_: 'ERROR', description_: error.message, sourcePosition_: position });
}

function verify({ rulesetName, service, path, method, variables }) {
  const ruleset = rulesets.get(rulesetName);
  if (!ruleset) return { errors: [`No ruleset '${rulesetName}' is loaded.`] };
  if (service !== SERVICE) return { errors: [`The service must be ${SERVICE}, not '${service}'.`] };
  const known = new Map(Object.entries(variables).map(([name, value]) => [name, readValue(value)]));
  known.get('request').set('method', method);
  const { permit, warnings } = ruleset.verify(path, method, known);
  return { result: { permit }, warnings };
}

/** The answer to one request. Whatever goes wrong is an error in it, and an error never permits. */
function answer(line) {
  let request;
  try {
    request = JSON.parse(line);
    if (!Object.hasOwn(ACTIONS, request.action)) throw new TypeError(`unknown action '${request.action}'`);
    const { errors = [], warnings = [], result } = ACTIONS[request.action](request.context);
    return { id: request.id, status: errors.length ? 'error' : 'ok', action: request.action, errors, warnings, result };
  } catch (error) {
    const { id, action = '' } = request ?? {};
    return { id, status: 'error', action, errors: [`Rules runtime: ${error.message}`], warnings: [] };
  }
}

function send(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

send({ id: -1, status: 'ok', action: '' });
for await (const line of createInterface({ input: process.stdin, terminal: false })) {
  if (line.trim() !== '') send(answer(line));
}
