/** Private keys read within limits (RFC 7468, RFC 5958). Begin with {@link dev.latchkey.catalogue.keys.PrivateKeys}. */
@NullMarked
package dev.latchkey.catalogue.keys;

import org.jspecify.annotations.NullMarked;
