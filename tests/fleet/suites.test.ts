import '../support/threeNodes';
import '../sockets/sessionEvents.test';
import '../sockets/logout.test';
