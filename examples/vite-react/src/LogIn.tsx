import { type FormEvent, useState } from 'react';
import { useChatClient } from 'smart-chat-client/react';

/** Logs in, or signs up if there is an email. */
export function LogIn() {
  const client = useChatClient();
  const [problem, setProblem] = useState('');
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name));
    const [username, email, password] = [text('username'), text('email'), text('password')];
    const entering = email
      ? client.signUp({ username, email, password })
      : client.logIn({ username, password });
    entering.catch((error: Error) => setProblem(error.message));
  }
  return (
    <form onSubmit={submit}>
      <input name="username" placeholder="Username" required />
      <input name="password" type="password" placeholder="Password" required />
      <input name="email" type="email" placeholder="Email, for a new account" />
      <button type="submit">Continue</button>
      <p role="alert">{problem}</p>
    </form>
  );
}
