/** Leaves out the users and sessions whose deletion has begun. */
export const LIVE = { deleting: { $exists: false } };
