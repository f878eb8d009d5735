/** A connection, its credentials, tags, metadata and timeline. */
@NullMarked
package dev.latchkey.server.connections;

import org.jspecify.annotations.NullMarked;
