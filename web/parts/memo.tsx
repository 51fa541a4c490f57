import { Component, type FunctionComponent } from 'preact';

/** A component that renders only when one of its properties is another value than before. */
export function memo<P extends object>(Rendered: FunctionComponent<P>) {
  return class extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const before = new Map<string, unknown>(Object.entries(this.props));
      return Object.entries(next).some(([name, value]) => !Object.is(before.get(name), value));
    }

    override render(props: P) {
      return <Rendered {...props} />;
    }
  };
}
