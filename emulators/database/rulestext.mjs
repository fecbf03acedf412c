/** The text of a rules file: JSON with comments, and the line of what is wrong in it. */

/** Blank out `//` and block comments outside strings; every other character keeps its place. */
export function withoutComments(text) {
  const token = /"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  return text.replace(token, (found) => (found.startsWith('"') ? found : found.replace(/[^\n]/g, ' ')));
}

/** `line:column` of a place in a text, both counted from 1. */
export function lineAndColumn(text, offset) {
  const before = text.slice(0, offset).split('\n');
  return `${before.length}:${before.at(-1).length + 1}`;
}

/** Where `JSON.parse` stopped: found by the position in its message, else the end of the text. */
function stoppedAt(text, error) {
  const position = /at position (\d+)/.exec(error.message);
  return position === null ? text.trimEnd().length : Number(position[1]);
}

/** Parse; throws a SyntaxError whose message begins with line and column. */
export function parseRulesText(text) {
  const plain = withoutComments(text);
  try {
    return JSON.parse(plain);
  } catch (error) {
    const what = error.message.replace(/ in JSON at position.*$/s, '');
    throw new SyntaxError(`${lineAndColumn(plain, stoppedAt(plain, error))}: ${what}`);
  }
}

/** Where the value at `path` (keys of objects) begins in a valid text. */
export function offsetOf(text, path) {
  const plain = withoutComments(text);
  const tokens = plain.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g);
  const open = [];
  let key = null;
  let awaitsKey = false;
  for (const { 0: token, index } of tokens) {
    if (token === '{' || token === '[') {
      open.push(key);
      key = null;
      awaitsKey = token === '{';
    } else if (token === '}' || token === ']') {
      open.pop();
      awaitsKey = false;
    } else if (token === ',') {
      awaitsKey = true;
    } else if (token.startsWith('"') && awaitsKey) {
      key = JSON.parse(token);
      awaitsKey = false;
      const here = [...open.slice(1), key];
      if (here.length === path.length && here.every((part, i) => part === path[i])) return index;
    }
  }
  return 0;
}
