import type { Message } from '../../src/domain/message';
import type { SubscribeOptions, Subscription } from './chatClient';
import type { ChatClientError } from './chatClientError';
import { Follower, type FollowerDependencies } from './follower';
import type { Link } from './link';

export type SubscriptionDependencies = Omit<FollowerDependencies, 'ended'>;

/** Who follows which session. */
export class Subscriptions {
  private readonly followers = new Set<Follower>();

  constructor(private readonly dependencies: SubscriptionDependencies) {}

  open(sessionId: string, options: SubscribeOptions): Subscription {
    const ended = (ended: Follower) => this.remove(ended);
    const follower = new Follower(sessionId, options, { ...this.dependencies, ended });
    this.followers.add(follower);
    const link = this.dependencies.link();
    if (link) void follower.resume(link);
    return follower;
  }

  resume(link: Link): void {
    for (const follower of this.followers) void follower.resume(link);
  }

  /** Resolves when it is known, on this connection, whether a session that somebody follows is still there. */
  async looked(sessionId: string): Promise<void> {
    await Promise.all(this.of(sessionId).map(({ looked }) => looked));
  }

  offer(message: Message): void {
    for (const follower of this.of(message.sessionId)) follower.offer(message);
  }

  /** Ends all subscriptions, or those of one session. */
  fail(error: ChatClientError, sessionId?: string): void {
    for (const follower of this.of(sessionId)) follower.fail(error);
  }

  close(): void {
    for (const follower of [...this.followers]) follower.close();
  }

  private of(sessionId?: string): Follower[] {
    return [...this.followers].filter((follower) => !sessionId || follower.sessionId === sessionId);
  }

  private remove(follower: Follower): void {
    this.followers.delete(follower);
    const link = this.dependencies.link();
    // Nobody minds if it stays in: what it hears is for nobody then.
    if (link && this.of(follower.sessionId).length === 0) link.leave(follower.sessionId).catch(() => {});
  }
}
