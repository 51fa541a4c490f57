/** A fault that was set up. */
export interface Fault {
  /** Resolves when it has happened: when the acknowledgement is held, the event was sent twice, and so on. */
  readonly happened: Promise<void>;
  /** Ends the fault: restores the link, passes on what was held, starts the server. Does nothing the second time. */
  heal(): Promise<void>;
}
