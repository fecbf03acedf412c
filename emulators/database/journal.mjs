/**
 * Durability: a journal to which every change is appended before it is acknowledged, and from time to time a snapshot
 * with which a new journal begins. Both are lines of `checksum json`; `state-N` is the snapshot, `journal-N` what came after it.
 *
 * An append is handed to the operating system before the answer goes out, so a killed process loses nothing; it is
 * flushed to the disk within FLUSH_MS and when the process stops.
 */

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const FLUSH_MS = 100;
const COMPACT_BYTES = 16 * 1024 * 1024;

const checksum = (text) => createHash('sha1').update(text).digest('hex').slice(0, 12);

function encode(record) {
  const text = JSON.stringify(record);
  return Buffer.from(`${checksum(text)} ${text}\n`);
}

function decode(line) {
  const space = line.indexOf(' ');
  const text = line.slice(space + 1);
  return space === 12 && line.slice(0, space) === checksum(text) ? JSON.parse(text) : null;
}

function* linesOf(file) {
  const data = fs.readFileSync(file);
  let from = 0;
  for (let number = 1; from < data.length; number += 1) {
    const newline = data.indexOf(10, from);
    const to = newline === -1 ? data.length : newline;
    yield { number, from, record: newline === -1 ? null : decode(data.toString('utf8', from, to)), last: to + 1 >= data.length };
    from = to + 1;
  }
}

function syncDirectory(folder) {
  const fd = fs.openSync(folder, 'r');
  fs.fsyncSync(fd);
  fs.closeSync(fd);
}

function writeAll(fd, buffer) {
  for (let done = 0; done < buffer.length; ) done += fs.writeSync(fd, buffer, done);
}

/** The files of one data folder. */
export class Journal {
  /**
   * @param {string} folder made when missing
   * @param {{compactBytes?: number}} [options] the size at which a journal gives way to a snapshot
   */
  constructor(folder, { compactBytes = COMPACT_BYTES } = {}) {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.folder = folder;
    this.compactBytes = compactBytes;
    this.generation = Math.max(0, ...this.generations('state'));
    this.fd = null;
    this.bytes = 0;
    this.limit = compactBytes;
    this.flushTimer = null;
  }

  file(kind, generation = this.generation) {
    return path.join(this.folder, `${kind}-${generation}`);
  }

  generations(kind) {
    const pattern = new RegExp(`^${kind}-(\\d+)$`);
    return fs.readdirSync(this.folder).map((name) => pattern.exec(name)).filter(Boolean).map((match) => Number(match[1]));
  }

  /** Pass every record to `restore`, in order, then stand ready to append. A torn last record of the journal is cut off. */
  open(restore) {
    if (this.generation > 0) {
      for (const { number, record } of linesOf(this.file('state'))) {
        if (record === null) throw new Error(`${this.file('state')}: line ${number} is damaged; restore the folder from a copy.`);
        restore(record);
      }
    }
    const journal = this.file('journal');
    if (fs.existsSync(journal)) {
      for (const { number, from, record, last } of linesOf(journal)) {
        if (record !== null) {
          restore(record);
        } else if (last) {
          fs.truncateSync(journal, from);
        } else {
          throw new Error(`${journal}: line ${number} is damaged; restore the folder from a copy.`);
        }
      }
    }
    this.fd = fs.openSync(journal, 'a', 0o600);
    this.bytes = fs.fstatSync(this.fd).size;
    this.removeOthers();
  }

  /** Append a record; when this returns, a killed process no longer loses it. */
  append(record) {
    const line = encode(record);
    const start = this.bytes;
    try {
      writeAll(this.fd, line);
    } catch (error) {
      fs.ftruncateSync(this.fd, start); // a full disk must not leave half a record in front of the next
      throw error;
    }
    this.bytes += line.length;
    this.flushTimer ??= setTimeout(() => {
      this.flushTimer = null;
      fs.fdatasync(this.fd, (error) => {
        if (error !== null && error.code !== 'EBADF') console.error(`Flushing the journal failed: ${error.message}`);
      });
    }, FLUSH_MS);
  }

  get wantsSnapshot() {
    return this.bytes > this.limit;
  }

  /** Write the whole state as a snapshot and go on with an empty journal. */
  compact(records) {
    const next = this.generation + 1;
    const journalFd = fs.openSync(this.file('journal', next), 'w', 0o600);
    const temporary = path.join(this.folder, 'state.tmp');
    const stateFd = fs.openSync(temporary, 'w', 0o600);
    for (const record of records) writeAll(stateFd, encode(record));
    const size = fs.fstatSync(stateFd).size;
    fs.fsyncSync(stateFd);
    fs.closeSync(stateFd);
    fs.renameSync(temporary, this.file('state', next)); // from here on the new generation counts
    syncDirectory(this.folder);
    fs.closeSync(this.fd);
    this.generation = next;
    this.fd = journalFd;
    this.bytes = 0;
    this.limit = Math.max(this.compactBytes, size);
    this.removeOthers();
  }

  removeOthers() {
    for (const kind of ['state', 'journal']) {
      for (const generation of this.generations(kind)) {
        if (generation !== this.generation) fs.rmSync(this.file(kind, generation));
      }
    }
  }

  close() {
    clearTimeout(this.flushTimer);
    if (this.fd === null) return;
    fs.fsyncSync(this.fd);
    fs.closeSync(this.fd);
    this.fd = null;
  }
}
