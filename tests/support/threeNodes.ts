/** Import it before everything else: then each server on MongoDB is three nodes. See `NODES` in testServer.ts. */
process.env.FLEET = '3';
