import { createHmac } from 'node:crypto';
import type { WebhookSettings } from '../config/responder';
import type { StreamingResponder } from './responder';
import { requestReply } from './upstream';

/** How much of the conversation is sent, in UTF-16 code units. */
const MAX_HISTORY_CHARACTERS = 65_536;

/**
 * Asks a web service of the operator: `POST {replyTo, variant, attempt, user: {id}, session: {id}, message, history}`. It responds with
 * `{"content": "…"}`, or with a stream of the Chat Completions API. With a secret, `X-Signature: t=SECONDS,v1=HEX` carries the
 * HMAC-SHA256 of `SECONDS.BODY`.
 */
export function createWebhookResponder(settings: WebhookSettings): StreamingResponder {
  const { url, secret } = settings;
  return {
    kind: 'streaming',
    async *respond({ userId, sessionId, content, replyTo, variant, attempt, history }, signal) {
      const body = JSON.stringify({
        replyTo,
        variant,
        attempt,
        user: { id: userId },
        session: { id: sessionId },
        message: content,
        history: await history(MAX_HISTORY_CHARACTERS),
      });
      const headers = {
        Accept: 'text/event-stream, application/json',
        'Idempotency-Key': `${replyTo}.${variant}.${attempt}`,
        ...(secret !== null && { 'X-Signature': signatureOf(body, secret) }),
      };
      yield* requestReply({ url, headers, body, secrets: secret === null ? [] : [secret] }, settings, signal);
    },
  };
}

function signatureOf(body: string, secret: string): string {
  const seconds = Math.floor(Date.now() / 1000);
  const digest = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${digest}`;
}
