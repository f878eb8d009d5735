package dev.latchkey.server.refresh;

import dev.latchkey.server.connections.Connection;

/**
 * The lease on one connection's refresh, held by this node until the database's clock says that it is over.
 *
 * @param connection as it was when the lease was taken
 * @param interrupted an earlier refresh began, and nobody knows how it ended: its answer may lie in another node's journal
 */
record Claim(Connection connection, boolean interrupted) {}
