/** HTTP/1.x input and output: messages are read strictly by RFC 9112 before the server library sees them. */
@NullMarked
package dev.latchkey.server.wire;

import org.jspecify.annotations.NullMarked;
