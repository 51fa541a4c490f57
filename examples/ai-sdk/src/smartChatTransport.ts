import type { ChatTransport, FinishReason, UIMessage, UIMessageChunk } from 'ai';
import type { ChatClient, Message, Subscription } from 'smart-chat-client';

type SendOptions = Parameters<ChatTransport<UIMessage>['sendMessages']>[0];

/**
 * Lets `useChat` of the AI SDK, version 6 or 7, talk to Smart Chat Server. The id of the chat is a session's UUID. The id of a UI message is the
 * `clientMessageId` of the stored one, so a message that is sent again is stored once.
 */
export class SmartChatTransport implements ChatTransport<UIMessage> {
  /** The `messageId` of each stored user message, by the id of its UI message. */
  private readonly stored = new Map<string, string>();

  constructor(private readonly client: ChatClient) {}

  /** The latest messages of a session, for `useChat({ messages })`. */
  async load(chatId: string): Promise<UIMessage[]> {
    const { messages } = await this.client.history(chatId, { limit: 100 });
    return messages.map(({ sender, messageId, clientMessageId, content }) => {
      const id = clientMessageId ?? messageId;
      if (sender === 'user') this.stored.set(id, messageId);
      return { id, role: sender === 'user' ? 'user' : 'assistant', parts: [{ type: 'text', text: content }] };
    });
  }

  async sendMessages({ trigger, chatId, messageId, messages, abortSignal }: SendOptions) {
    const asked = messages.findLast(({ role }) => role === 'user');
    if (!asked) throw new Error('There is no message to answer.');
    const known = this.stored.get(asked.id);
    const text = textOf(asked);
    if (trigger === 'regenerate-message' && known !== undefined) {
      const { messages: latest } = await this.client.history(chatId, { limit: 100 });
      const replies = latest.filter(({ replyTo }) => replyTo === known);
      const newest = Math.max(1, ...replies.map(({ variant = 1 }) => variant));
      const variant = await this.client.regenerate(chatId, known, newest + 1);
      return this.reply(chatId, known, { after: 0, variant, abortSignal });
    }
    const isEdited = messageId === asked.id && known !== undefined;
    const sent = isEdited
      ? await this.client.edit(chatId, known, text)
      : await this.client.send(chatId, text, { clientMessageId: asked.id });
    this.stored.set(asked.id, sent.messageId);
    return this.reply(chatId, sent.messageId, { after: sent.seq, variant: 1, abortSignal });
  }

  /** Follows the reply to the last message, if it is still being made. */
  async reconnectToStream({ chatId, abortSignal }: { chatId: string; abortSignal?: AbortSignal }) {
    const { messages } = await this.client.history(chatId, { limit: 100 });
    const last = messages.findLast(({ sender }) => sender === 'user');
    if (!last || messages.some(({ replyTo }) => replyTo === last.messageId)) return null;
    return this.reply(chatId, last.messageId, { after: last.seq, variant: 1, abortSignal });
  }

  private reply(
    chatId: string,
    replyTo: string,
    { after, variant, abortSignal }: { after: number; variant: number; abortSignal: AbortSignal | undefined },
  ): ReadableStream<UIMessageChunk> {
    const { client } = this;
    let subscription: Subscription | undefined;
    const isWanted = (reply: { replyTo?: string; variant?: number }) =>
      reply.replyTo === replyTo && (reply.variant ?? 1) === variant;
    return new ReadableStream<UIMessageChunk>({
      start(controller) {
        const text = new TextParts((chunk) => controller.enqueue(chunk));
        const end = (last: UIMessageChunk) => {
          subscription?.close();
          controller.enqueue(last);
          controller.close();
        };
        controller.enqueue({ type: 'start' });
        subscription = client.subscribe(chatId, {
          after,
          onDraft: (draft) => isWanted(draft) && text.show(draft.text),
          onMessage(message) {
            if (!isWanted(message)) return;
            text.show(message.content);
            text.end();
            end(endOf(message));
          },
          onError: (error) => end({ type: 'error', errorText: error.message }),
        });
        // What has arrived until then is stored.
        const stop = () => void client.stopReply(chatId, replyTo).catch(() => {});
        if (abortSignal?.aborted) stop();
        else abortSignal?.addEventListener('abort', stop, { once: true });
      },
      cancel: () => subscription?.close(),
    });
  }
}

/** Turns texts that grow into text parts. A text that doesn't continue the one before, as after a failed attempt, is a part of its own. */
class TextParts {
  private text = '';
  private count = 0;

  constructor(private readonly emit: (chunk: UIMessageChunk) => void) {}

  show(text: string): void {
    if (!text.startsWith(this.text)) this.end();
    if (text === this.text) return;
    if (this.text === '') this.emit({ type: 'text-start', id: String(++this.count) });
    this.emit({ type: 'text-delta', id: String(this.count), delta: text.slice(this.text.length) });
    this.text = text;
  }

  end(): void {
    if (this.text !== '') this.emit({ type: 'text-end', id: String(this.count) });
    this.text = '';
  }
}

function endOf({ finish, error }: Message): UIMessageChunk {
  if (finish === 'failed') return { type: 'error', errorText: error?.code ?? 'The reply failed.' };
  const reasons: Record<string, FinishReason> = { length: 'length', filtered: 'content-filter' };
  return { type: 'finish', finishReason: reasons[finish ?? ''] ?? 'stop' };
}

function textOf({ parts }: UIMessage): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}
