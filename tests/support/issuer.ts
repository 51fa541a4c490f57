import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { ExternalAuthConfig } from '../../src/config/secrets';
import { Changes } from '../../testkit/waiting';

export const ISSUER = 'https://app.example.com';
export const AUDIENCE = 'chat';

/** A backend that signs tokens with keys of its own, and publishes them. It is stopped at the end of the test file. */
export class Issuer {
  private readonly keys = new Map<string, Awaited<ReturnType<typeof generateKeyPair>>>();
  private algorithm = '';
  private readonly server: Server;
  private readonly changes = new Changes();
  /** How often the keys were read. */
  reads = 0;
  /** What the address of the keys does. */
  state: 'up' | 'broken' | 'hanging' = 'up';

  private constructor() {
    this.server = createServer(async (_request, response) => {
      this.reads += 1;
      this.changes.notify();
      if (this.state === 'hanging') return;
      const published = [...this.keys].map(async ([kid, { publicKey }]) => ({
        ...(await exportJWK(publicKey)),
        kid,
      }));
      response.statusCode = this.state === 'up' ? 200 : 500;
      response.end(JSON.stringify({ keys: await Promise.all(published) }));
    });
  }

  static async start(): Promise<Issuer> {
    const issuer = new Issuer();
    await issuer.rotate('key-1');
    issuer.server.listen(0, '127.0.0.1');
    await once(issuer.server, 'listening');
    return issuer;
  }

  get auth(): ExternalAuthConfig {
    const address = this.server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    return {
      issuer: ISSUER,
      audience: AUDIENCE,
      key: { kind: 'jwks', url: `http://127.0.0.1:${port}/jwks` },
    };
  }

  /** Replaces all keys by a new one. By default it is one that is made in a moment: an RSA key takes 100 times as long. */
  async rotate(kid: string, algorithm = 'ES256'): Promise<void> {
    this.keys.clear();
    this.algorithm = algorithm;
    this.keys.set(kid, await generateKeyPair(algorithm, { extractable: true }));
  }

  /** A valid token of a user, with the latest key. Claims that are undefined are left out. */
  async token(sub: string, claims: object = {}, header: { kid?: string } = {}): Promise<string> {
    const [[kid, pair] = []] = [...this.keys].slice(-1);
    if (!pair) throw new Error('the issuer has no key');
    const payload = {
      sub,
      iss: ISSUER,
      aud: AUDIENCE,
      exp: Math.floor(Date.now() / 1000) + 3_600,
      ...claims,
    };
    return new SignJWT(JSON.parse(JSON.stringify(payload)))
      .setProtectedHeader({ alg: this.algorithm, ...(kid !== undefined && { kid }), ...header })
      .sign(pair.privateKey);
  }

  /** The public key that every client can read, as text. */
  async publicKeyText(): Promise<string> {
    const [pair] = [...this.keys.values()];
    return pair ? JSON.stringify(await exportJWK(pair.publicKey)) : '';
  }

  /** Resolves once the keys were read so often. */
  readsAtLeast(count: number): Promise<void> {
    return this.changes.until(() => this.reads >= count);
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
