/** Signatures on requests and tokens, by the standards' own names. No I/O; each is tested with published test vectors. */
@NullMarked
package dev.latchkey.server.signing;

import org.jspecify.annotations.NullMarked;
