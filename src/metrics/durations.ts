/** Limits of histograms in seconds: from what a fast disk takes to the 3 s in which every call is answered. */
export const CALL_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** The same for what may wait for something slow, such as a model that answers messages. */
export const REPLY_SECONDS = [...CALL_SECONDS, 5, 10, 30, 60];
