/** Runs Jest with every server on MongoDB as three nodes. */
import './threeNodes';
import './jest';
