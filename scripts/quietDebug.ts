/**
 * Takes the place of the package `debug` in the bundle, unless the variable `DEBUG` is set when the server starts. Socket.IO calls it some
 * 20 times for each event, and each call of the package makes an array of its arguments, also if nothing is printed.
 */
type Debug = (namespace: string) => (...values: unknown[]) => void;

const print = () => {};
const quiet: Debug = () => print;

// By its path, as the bundler has this file for the name.
const chosen: Debug = process.env.DEBUG ? require('../node_modules/debug/src/node') : quiet;

// The package has both a default export of CommonJS and this named one.
export = Object.assign(chosen, { debug: chosen });
