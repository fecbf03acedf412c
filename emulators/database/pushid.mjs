/** Push ids: 20 characters that sort by time and, within a millisecond, by the order of making. */

import { randomInt } from 'node:crypto';

const ALPHABET = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';
let lastTime = 0;
let tail = [];

/** The next id. */
export function pushId(now = Date.now()) {
  const time = Math.max(now, lastTime); // a clock set back must not break the order
  if (time === lastTime) {
    let i = tail.length - 1;
    for (; i >= 0 && tail[i] === 63; i -= 1) tail[i] = 0;
    tail[i] += 1;
  } else {
    tail = Array.from({ length: 12 }, (_, i) => randomInt(i === 0 ? 32 : 64)); // the first stays low: room to count up
  }
  lastTime = time;
  let head = '';
  for (let rest = time, i = 0; i < 8; i += 1) {
    head = ALPHABET[rest % 64] + head;
    rest = Math.floor(rest / 64);
  }
  return head + tail.map((digit) => ALPHABET[digit]).join('');
}
