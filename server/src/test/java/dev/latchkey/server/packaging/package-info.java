/** Tests of what is in {@code packaging}: chart, Compose file, service. */
@NullMarked
package dev.latchkey.server.packaging;

import org.jspecify.annotations.NullMarked;
