/** The one error that callers of the database see; everything else is a fault of ours. */

/** An answer that refuses a request: over HTTP by `status` and `message`, over a WebSocket by `code` and `message`. */
export class Refusal extends Error {
  /**
   * @param {number} status HTTP status
   * @param {string} message what the caller is told
   * @param {string} [code] status word of the WebSocket protocol
   */
  constructor(status, message, code = 'invalid_data') {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const denied = () => new Refusal(401, 'Permission denied', 'permission_denied');
export const badToken = (message) => new Refusal(401, message, 'invalid_token');
export const badRequest = (message) => new Refusal(400, message);
