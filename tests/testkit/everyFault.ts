import type { Fault, TestServer, TestUser } from '../../testkit/testing';

/**
 * Sends a message under each fault of the test kit, one after the other. Returns what was sent. `untilReady` waits, without a fault, until
 * the app takes the next message.
 */
export async function sendUnderEveryFault(
  { faults }: TestServer,
  user: TestUser,
  send: (content: string) => Promise<void>,
  untilReady: () => Promise<void> = async () => {},
): Promise<string[]> {
  const setUps: Record<string, () => Promise<Fault | null>> = {
    'a dropped acknowledgement': () => faults.dropAck(1, user),
    'a held acknowledgement': () => faults.holdAck(1, user),
    'a reply that comes twice': () => faults.deliverTwice(1, user),
    'a slow network': () => faults.delay(50, user),
    'a network that is stuck': () => faults.stall(user),
    'a frozen database': () => faults.freezeDatabase(),
    'a cut link': () => faults.cut(user),
    'a killed server': () => faults.kill(),
    'expired tokens': () => faults.expireTokens().then(() => null),
    'a clock that went back': () => faults.moveClock(-60_000).then(() => null),
  };
  for (const [content, setUp] of Object.entries(setUps)) {
    const fault = await setUp();
    await send(content);
    await fault?.happened;
    await fault?.heal();
    await untilReady();
  }
  return Object.keys(setUps);
}
