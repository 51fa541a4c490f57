import fc from 'fast-check';
import { SessionDrafts } from '../../client/src/sessionDrafts';
import type { Draft } from '../../src/domain/message';

const identity = { replyTo: 'm', variant: 1, state: 'writing' as const };

/** What a server does: text arrives, an attempt fails and the next one begins, a piece is sent, or it is lost. */
const step = fc.oneof(
  fc.record({
    kind: fc.constant('text' as const),
    text: fc.string({ minLength: 1, maxLength: 5, unit: 'binary' }),
  }),
  fc.record({
    kind: fc.constantFrom('attempt' as const, 'send' as const, 'lose' as const, 'repeat' as const),
  }),
);

/** A server that streams a draft to a client, which asks for the whole text after a gap. */
class Streaming {
  seen: Draft | undefined;
  private attempt = 1;
  private text = '';
  private at = 0;
  private readonly drafts = new SessionDrafts((draft) => {
    this.seen = draft;
  });

  play(each: typeof step extends fc.Arbitrary<infer T> ? T : never): void {
    if (each.kind === 'text') this.text += each.text;
    else if (each.kind === 'attempt') [this.attempt, this.text, this.at] = [this.attempt + 1, '', 0];
    else if (each.kind === 'lose') this.at = this.text.length;
    else this.send(each.kind === 'repeat' ? Math.floor(this.at / 2) : this.at);
  }

  private send(at: number): void {
    const { attempt, text } = this;
    const delta = { ...identity, sessionId: 's', attempt, at, text: text.slice(at) };
    if (!this.drafts.receive(delta)) this.drafts.reset([{ ...identity, attempt, text }]);
    this.at = text.length;
    expect(this.seen).toMatchObject({ attempt, text });
  }
}

test('a client that asks for the whole text after a gap always has the text of the last attempt', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const streaming = new Streaming();
      for (const each of steps) streaming.play(each);
    }),
  );
});
