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

/**
 * @typedef {{places: Map<string, object[]>, ready: string[], running: number, waiting: number}} Queue
 *   of one trigger: the events of each place, the places whose first event may start, and counts
 */

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
    /** @type {Map<string, Queue>} */
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
      queue = { places: new Map(), ready: [], running: 0, waiting: 0 };
      this.queues.set(trigger.name, queue);
    }
    if (queue.waiting >= MAX_WAITING) {
      this.log(`${trigger.key}: more than ${MAX_WAITING} events wait; the one of ${event.subject} is dropped.`);
      return;
    }
    const place = `${event.instance}/${event.ref}`;
    const item = { trigger, body: JSON.stringify(event), subject: event.subject };
    queue.waiting += 1;
    const line = queue.places.get(place);
    if (line === undefined) {
      queue.places.set(place, [item]);
      queue.ready.push(place);
    } else {
      line.push(item);
    }
    this.pump(queue);
  }

  /** Start the first events of places that have none on its way, as many as may run. */
  pump(queue) {
    while (queue.running < PER_TRIGGER && queue.ready.length > 0) {
      const place = queue.ready.shift();
      const line = queue.places.get(place);
      queue.running += 1;
      queue.waiting -= 1;
      this.deliver(line.shift()).finally(() => {
        queue.running -= 1;
        if (line.length > 0) queue.ready.push(place);
        else queue.places.delete(place);
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
