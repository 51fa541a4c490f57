import '../support/threeNodes';
import '../sockets/order.test';
import '../sockets/exactlyOnce.test';
import '../sockets/sessionEvents.test';
import '../sockets/logout.test';
