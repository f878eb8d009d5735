/** Connect sessions and the flow of each kind of authentication. */
@NullMarked
package dev.latchkey.server.connect;

import org.jspecify.annotations.NullMarked;
