/** A value that never appears in a log or a {@code toString()}. */
@NullMarked
package dev.latchkey.server.secrets;

import org.jspecify.annotations.NullMarked;
