/**
 * Regular expressions of rules are RE2's. They are translated to JavaScript's where the two say the same thing
 * differently; what RE2 has no word for (look-around, back-references) or what is not translated is an error.
 */

const POSIX_CLASSES = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  blank: '\\t ',
  digit: '0-9',
  lower: 'a-z',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};
const SAME_ESCAPES = 'dDwWtnrfv';
const SPACE = '\\t\\n\\f\\r '; // RE2's \s is ASCII only and without \v
const MAX_REPEAT = 1000;

/** @type {Map<string, RegExp>} */
const compiled = new Map();

/** The pattern as a RegExp that must match a whole string. Throws SyntaxError. */
export function wholeMatch(pattern) {
  return remembered(pattern, '^(?:', ')$', '');
}

/** The pattern as a RegExp that finds every match. Throws SyntaxError. */
export function everyMatch(pattern) {
  return remembered(pattern, '', '', 'g');
}

function remembered(pattern, before, after, flags) {
  const key = `${flags}:${pattern}`;
  let found = compiled.get(key);
  if (!found) {
    const { source, ignoreCase } = translate(pattern);
    found = new RegExp(before + source + after, `u${flags}${ignoreCase ? 'i' : ''}`);
    compiled.set(key, found);
  }
  found.lastIndex = 0;
  return found;
}

/** Reads one pattern from left to right and writes it in JavaScript's syntax. */
function translate(pattern) {
  const ignoreCase = pattern.startsWith('(?i)');
  const text = ignoreCase ? pattern.slice('(?i)'.length) : pattern;
  let source = '';
  for (let at = 0; at < text.length; ) {
    const [piece, length] = readPiece(text, at);
    source += piece;
    at += length;
  }
  return { source, ignoreCase };
}

/** @returns {[string, number]} the translation of what stands at `at`, and how many characters that was */
function readPiece(text, at) {
  switch (text[at]) {
    case '\\':
      return readEscape(text, at, false);
    case '[':
      return readClass(text, at);
    case '(':
      return readGroup(text, at);
    case '.':
      return ['[^\\n]', 1];
    case '{':
      return readRepeat(text, at);
    default:
      return [text[at], 1];
  }
}

function readGroup(text, at) {
  if (text[at + 1] !== '?') return ['(', 1];
  if (text.startsWith('(?:', at)) return ['(?:', 3];
  const name = /^\(\?P?<([A-Za-z_]\w*)>/.exec(text.slice(at));
  if (name) return [`(?<${name[1]}>`, name[0].length];
  throw new SyntaxError(`Invalid regular expression: "${text.slice(at, at + 4)}" is not supported`);
}

function readRepeat(text, at) {
  const repeat = /^\{(\d+)(?:,(\d*))?\}/.exec(text.slice(at));
  if (!repeat) throw new SyntaxError('Invalid regular expression: a literal "{" must be escaped');
  if (Number(repeat[1]) > MAX_REPEAT || Number(repeat[2] ?? 0) > MAX_REPEAT) {
    throw new SyntaxError(`Invalid regular expression: a repeat count above ${MAX_REPEAT}`);
  }
  return [repeat[0], repeat[0].length];
}

function readEscape(text, at, inClass) {
  const letter = text[at + 1];
  if (letter === undefined) throw new SyntaxError('Invalid regular expression: trailing backslash');
  if (SAME_ESCAPES.includes(letter)) return [`\\${letter}`, 2];
  if (letter === 's') return [inClass ? SPACE : `[${SPACE}]`, 2];
  if (!inClass) {
    if (letter === 'S') return [`[^${SPACE}]`, 2];
    if (letter === 'b' || letter === 'B') return [`\\${letter}`, 2];
    if (letter === 'A') return ['^', 2];
    if (letter === 'z') return ['$', 2];
  }
  if (/[!-/:-@[-`{-~]/.test(letter)) {
    // JavaScript accepts an escape only before its own syntax characters.
    return [/[\^$\\.*+?()[\]{}|/-]/.test(letter) ? escaped(letter, inClass) : letter, 2];
  }
  const longer = /^\\(?:x([0-9A-Fa-f]{2})|x\{([0-9A-Fa-f]{1,6})\})/.exec(text.slice(at));
  if (longer) return [`\\u{${longer[1] ?? longer[2]}}`, longer[0].length];
  const property = /^\\([pP])(?:([A-Z])|\{(\^?)([A-Za-z_]+)\})/.exec(text.slice(at));
  if (property && !property[3]) {
    const name = property[2] ?? property[4];
    // RE2 writes scripts and general categories alike; JavaScript wants to be told which.
    return [`\\${property[1]}{${name.length <= 2 ? name : `Script=${name}`}}`, property[0].length];
  }
  throw new SyntaxError(`Invalid regular expression: escape "\\${letter}" is not supported`);
}

function escaped(letter, inClass) {
  return letter === '-' && !inClass ? '-' : `\\${letter}`;
}

function readClass(text, at) {
  let end = at + 1;
  let source = '[';
  if (text[end] === '^') {
    source += '^';
    end += 1;
  }
  for (let first = true; ; first = false) {
    if (end >= text.length) throw new SyntaxError('Invalid regular expression: missing closing "]"');
    if (text[end] === ']' && !first) return [`${source}]`, end + 1 - at];
    const [piece, length] = readClassPiece(text, end);
    source += piece;
    end += length;
  }
}

function readClassPiece(text, at) {
  if (text[at] === '\\') return readEscape(text, at, true);
  if (text[at] === ']') return ['\\]', 1]; // first in its class it stands for itself
  if (text[at] !== '[') return [text[at], 1];
  if (text[at + 1] !== ':') return ['\\[', 1];
  const named = /^\[:([a-z]+):\]/.exec(text.slice(at));
  const members = named ? POSIX_CLASSES[named[1]] : undefined;
  if (!members) throw new SyntaxError('Invalid regular expression: unknown character class name');
  return [members, named[0].length];
}
