/** HTTP/1.x as it comes in and goes out: messages are read by the letter of RFC 9112 before the server library sees them. */
@NullMarked
package dev.latchkey.server.wire;

import org.jspecify.annotations.NullMarked;
