/** What the server does for each kind of authentication: one class a kind. Begin with {@link dev.latchkey.server.kinds.Kind}. */
@NullMarked
package dev.latchkey.server.kinds;

import org.jspecify.annotations.NullMarked;
