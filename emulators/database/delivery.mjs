/**
 * Delivery of events to the functions emulator: in order for each place and trigger, a few at a time for each trigger,
 * again while nobody answers at the address, once only when somebody did.
 */

import http from 'node:http';

const PER_TRIGGER = 2; // the functions emulator starts another process for each concurrent call of a function
const MAX_WAITING = 20000;
const RETRY_MS = [100, 200, 500, 1000, 2000, 2000, 5000, 5000, 5000, 10000, 10000, 10000, 10000];
const ANSWER_MS = 600000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms).unref());

/** POST an event; resolves with the status, rejects when there was no answer. */
function post(target, path, body) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/cloudevents+json', 'content-length': Buffer.byteLength(body) };
    const request = http.request({ ...target, path, method: 'POST', headers, timeout: ANSWER_MS }, (response) => {
      response.resume();
      response.on('close', () => resolve(response.statusCode));
    });
    request.on('timeout', () => {
      resolve(504); // the function has the event; to send it again would run it twice
      request.destroy();
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** The queues of one process. */
export class Delivery {
  /**
   * @param {{host: string, port: number}|null} target the functions emulator
   * @param {(line: string) => void} log
   * @param {number[]} [retryMs] the pauses before each further attempt
   */
  constructor(target, log, retryMs = RETRY_MS) {
    this.target = target;
    this.log = log;
    this.retryMs = retryMs;
    /** @type {Map<string, {waiting: object[], busy: Set<string>, running: number}>} */
    this.queues = new Map();
    this.toldOfNoTarget = false;
  }

  /** Take an event for delivery. */
  send(trigger, event) {
    if (this.target === null) {
      if (!this.toldOfNoTarget) this.log('No functions emulator was named; events are dropped.');
      this.toldOfNoTarget = true;
      return;
    }
    let queue = this.queues.get(trigger.name);
    if (queue === undefined) {
      queue = { waiting: [], busy: new Set(), running: 0 };
      this.queues.set(trigger.name, queue);
    }
    if (queue.waiting.length >= MAX_WAITING) {
      this.log(`${trigger.key}: more than ${MAX_WAITING} events wait; the one of ${event.subject} is dropped.`);
      return;
    }
    queue.waiting.push({ trigger, place: `${event.instance}/${event.ref}`, body: JSON.stringify(event), subject: event.subject });
    this.pump(queue);
  }

  /** Start what may start: the first waiting events whose place has none on its way. */
  pump(queue) {
    const passed = new Set();
    for (let i = 0; i < queue.waiting.length && queue.running < PER_TRIGGER; ) {
      const item = queue.waiting[i];
      if (queue.busy.has(item.place) || passed.has(item.place)) {
        passed.add(item.place);
        i += 1;
        continue;
      }
      queue.waiting.splice(i, 1);
      queue.busy.add(item.place);
      queue.running += 1;
      this.deliver(item).finally(() => {
        queue.busy.delete(item.place);
        queue.running -= 1;
        this.pump(queue);
      });
    }
  }

  async deliver({ trigger, body, subject }) {
    const path = `/functions/projects/${trigger.project}/triggers/${trigger.key}`;
    for (let attempt = 0; ; attempt += 1) {
      try {
        const status = await post(this.target, path, body);
        if (status >= 400) this.log(`${trigger.key}: HTTP ${status} for ${subject}`);
        return;
      } catch (error) {
        if (attempt >= this.retryMs.length) {
          this.log(`${trigger.key}: ${subject} given up after ${attempt + 1} attempts: ${error.message}`);
          return;
        }
        await pause(this.retryMs[attempt]);
      }
    }
  }
}
