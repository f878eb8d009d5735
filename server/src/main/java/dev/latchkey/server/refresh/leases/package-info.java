/** Which node refreshes what: due connections, leases, fair shares, the shared clock. Begin with {@link dev.latchkey.server.refresh.leases.Leases}. */
@NullMarked
package dev.latchkey.server.refresh.leases;

import org.jspecify.annotations.NullMarked;
