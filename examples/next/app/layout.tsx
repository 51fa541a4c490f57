import type { ReactNode } from 'react';
import { Chat } from './Chat';

export const metadata = { title: 'Chat' };

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <Chat>{children}</Chat>
      </body>
    </html>
  );
}
